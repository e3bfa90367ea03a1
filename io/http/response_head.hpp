// ResponseHead: a response's line and fields (RFC 9112 sections 4 and 5), checked, for the client.
// Views into the buffer they stand in.
#pragma once

#include <optional>
#include <string_view>

#include "sundog/io/http/fields.hpp"
#include "sundog/io/http/framing.hpp"
#include "sundog/io/http/status.hpp"

namespace sundog::http {

struct ResponseHead {
  Status status = Status::ok;
  std::string_view reason;  // for people; may be empty
  int version_minor = 1;
  FieldList fields;
  Framing framing;
  bool keep_alive = true;
};

// Parses what HeadScanner found. `to_head`: it answers a HEAD request. A Refusal's status has no
// meaning here, its text has.
std::optional<Refusal> parse_response_head(std::string_view head, bool to_head,
                                           ResponseHead& response);

}  // namespace sundog::http
