#include "sundog/io/http/request_head.hpp"

#include "sundog/io/http/field_lines.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {
namespace {

Refusal bad(std::string_view why) { return Refusal{Status::bad_request, why}; }

void set_path(std::string_view path_and_query, RequestHead& request) {
  const std::size_t question = path_and_query.find('?');
  request.path = path_and_query.substr(0, question);
  request.query =
      question == path_and_query.npos ? std::string_view{} : path_and_query.substr(question + 1);
}

// "http://host/path": the authority counts, not Host (RFC 9112 section 3.2.2).
std::optional<Refusal> parse_absolute_form(std::string_view target, RequestHead& request) {
  constexpr std::string_view scheme = "http://";
  if (target.size() < scheme.size() ||
      !equals_ignoring_case(target.substr(0, scheme.size()), scheme)) {
    return bad(SUNDOG_PROBED("a request target that is neither a path nor an http URL"));
  }
  target.remove_prefix(scheme.size());
  const std::size_t end = target.find_first_of("/?");
  request.authority = target.substr(0, end);
  if (request.authority.empty() || !is_authority(request.authority))
    return bad(SUNDOG_PROBED("a malformed host in the request target"));
  const std::string_view rest = end == target.npos ? std::string_view{} : target.substr(end);
  set_path(rest, request);
  if (request.path.empty()) request.path = "/";
  return std::nullopt;
}

// The four forms of RFC 9112 section 3.2.
std::optional<Refusal> parse_target(RequestHead& request) {
  const std::string_view target = request.target;
  if (target.empty() || !all_are(target, character::target))
    return bad(SUNDOG_PROBED("a malformed request target"));
  if (request.method == Method::connect) {
    if (!is_authority(target) || target.find(':') == target.npos)
      return bad(SUNDOG_PROBED("CONNECT needs host and port"));
    request.authority = target;
    return std::nullopt;
  }
  if (target == "*") {
    if (request.method != Method::options) return bad(SUNDOG_PROBED("the target * is for OPTIONS"));
    request.path = target;
    return std::nullopt;
  }
  if (target.front() != '/') return parse_absolute_form(target, request);
  set_path(target, request);
  return std::nullopt;
}

std::optional<Refusal> parse_request_line(std::string_view line, RequestHead& request) {
  const std::size_t first_space = line.find(' ');
  if (first_space == line.npos) return bad(SUNDOG_PROBED("a request line without a target"));
  request.method_text = line.substr(0, first_space);
  if (!is_token(request.method_text)) return bad(SUNDOG_PROBED("a method that is not a token"));
  request.method = method_from(request.method_text);
  line.remove_prefix(first_space + 1);
  const std::size_t second_space = line.find(' ');
  if (second_space == line.npos) return bad(SUNDOG_PROBED("a request line without a version"));
  request.target = line.substr(0, second_space);
  if (const auto refusal = parse_version(line.substr(second_space + 1), request.version_minor))
    return refusal;
  return parse_target(request);
}

// RFC 9112 section 3.2: exactly one Host in HTTP/1.1; HTTP/1.0 may do without.
std::optional<Refusal> check_host(RequestHead& request) {
  const std::size_t count = request.fields.count("Host");
  if (count > 1) return bad(SUNDOG_PROBED("more than one Host"));
  if (count == 0)
    return request.version_minor == 0 ? std::nullopt : std::optional(bad(SUNDOG_PROBED("no Host")));
  const std::string_view host = *request.fields.find("Host");
  if (!is_authority(host)) return bad(SUNDOG_PROBED("a malformed Host"));
  if (request.authority.empty()) request.authority = host;
  return std::nullopt;
}

// RFC 9110 section 10.1.1. HTTP/1.0 clients cannot have meant it.
std::optional<Refusal> check_expect(RequestHead& request) {
  if (request.version_minor == 0) return std::nullopt;
  bool unknown = false;
  request.fields.for_each_element("Expect", [&](std::string_view expectation) {
    request.expects_continue = equals_ignoring_case(expectation, "100-continue");
    unknown = !request.expects_continue;
    return !unknown;
  });
  if (unknown)
    return Refusal{Status::expectation_failed,
                   SUNDOG_PROBED("an expectation other than 100-continue")};
  return std::nullopt;
}

}  // namespace

bool is_authority(std::string_view text) {
  std::string_view port;
  if (text.starts_with('[')) {  // an IP literal; that its digits make an address is for whoever
                                // connects to find out
    const std::size_t end = text.find(']');
    if (end == text.npos || end < 3) return false;
    for (const char c : text.substr(1, end - 1)) {
      if (!is(c, character::hex_digit) && c != ':' && c != '.') return false;
    }
    port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
  } else {
    const std::size_t colon = text.find(':');
    if (!all_are(text.substr(0, colon), character::reg_name)) return false;
    if (colon != text.npos) port = text.substr(colon);
    if (colon == 0) return false;
  }
  if (port.size() <= 1) return true;
  const auto number = parse_decimal(port.substr(1));
  return number && *number <= 65535;
}

std::optional<Refusal> parse_request_head(std::string_view head, RequestHead& request) {
  request = RequestHead{};
  if (const auto refusal = parse_request_line(take_line(head), request)) return refusal;
  if (const auto refusal = parse_field_lines(head, request.fields)) return refusal;
  if (const auto refusal = check_host(request)) return refusal;
  if (const auto refusal = request_framing(request.fields, request.version_minor, request.framing))
    return refusal;
  request.keep_alive = wants_keep_alive(request.fields, request.version_minor);
  if (const auto refusal = check_expect(request)) return refusal;
  if (request.method == Method::other)
    return Refusal{Status::not_implemented, SUNDOG_PROBED("an unknown method")};
  return std::nullopt;
}

}  // namespace sundog::http
