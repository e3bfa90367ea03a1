// RequestHead: a request's line and fields (RFC 9112 sections 3 and 5), checked, as views into the
// buffer they stand in. It is valid only as long as those bytes stay; copy what must live longer.
#pragma once

#include <optional>
#include <string_view>

#include "sundog/io/http/fields.hpp"
#include "sundog/io/http/framing.hpp"
#include "sundog/io/http/method.hpp"
#include "sundog/io/http/status.hpp"

namespace sundog::http {

struct RequestHead {
  // What the request line says, as a value where it is a known method, and as received.
  Method method = Method::other;
  std::string_view method_text;
  std::string_view target;  // as received
  std::string_view
      path;  // absolute path, percent-encoded as received; "*" for OPTIONS *; empty for CONNECT
  std::string_view query;      // behind the first '?', or empty
  std::string_view authority;  // host and port: of an absolute target, else of Host; may be empty
  int version_minor = 1;
  FieldList fields;
  Framing framing;
  bool keep_alive = true;
  bool expects_continue = false;
};

// Parses what HeadScanner found: start line and field lines, each with its CRLF. When refused,
// `method`, `method_text` and `version_minor` are still set as far as they were understood, for the
// answer and the log.
std::optional<Refusal> parse_request_head(std::string_view head, RequestHead& request);

// host [":" port] as Host and absolute targets carry it (RFC 3986 section 3.2, without user
// information).
bool is_authority(std::string_view text);

}  // namespace sundog::http
