// ResponseHead: a response's line and fields (RFC 9112 sections 4 and 5), checked, for the client.
// Views into the buffer they stand in.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "sundog/io/http/fields.hpp"
#include "sundog/io/http/framing.hpp"
#include "sundog/io/http/status.hpp"

namespace sundog::http {

struct ResponseHead {
  // Any number of three digits: also one that Status has no name for.
  Status status = Status::ok;
  std::string_view reason;  // for people; may be empty
  int version_minor = 1;
  FieldList fields;
  Framing framing;
  bool keep_alive = true;
};

// Parses what HeadScanner found. `to_head`: it answers a HEAD request. A Refusal's status has no
// meaning here, its text has. Folded lines are unfolded in `head` itself (RFC 9112 section 5.2: a
// user agent must, a server must not).
std::optional<Refusal> parse_response_head(std::span<char> head, bool to_head,
                                           ResponseHead& response);

}  // namespace sundog::http
