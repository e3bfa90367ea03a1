// Conditional requests (RFC 9110 section 13): whether to go on, given what is known about the
// selected representation. Conditions that are malformed, or that ask for what is not known, are
// ignored where the RFC says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sundog/io/http/request_head.hpp"

namespace sundog::http {

// What is known of the representation that a request selects. An empty tag or no date: not known,
// or not yet: a date counts when its second is over.
struct Validators {
  std::string_view entity_tag;  // with its quotes
  std::optional<std::int64_t> last_modified_s;
};

// How a request with conditions is to be answered (RFC 9110 section 13.2.2).
enum class Condition {
  proceed,
  not_modified,  // answer 304
  failed,        // answer 412
};

// If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since, in the order of precedence of
// section 13.2.2. The representation exists.
Condition evaluate_conditions(const RequestHead& request, const Validators& validators);

// Whether Range may be honoured: there is no If-Range, or it names this very representation
// (section 13.1.5). A date is only taken as a strong validator by being equal, which is right where
// no date is given before its second is over.
bool may_use_range(const RequestHead& request, const Validators& validators);

}  // namespace sundog::http
