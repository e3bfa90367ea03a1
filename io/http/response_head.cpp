#include "sundog/io/http/response_head.hpp"

#include <algorithm>

#include "sundog/io/http/field_lines.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {
namespace {

// HTTP-version SP 3DIGIT SP [ reason ]; the second space may be missing, as old servers leave it
// out with the reason.
std::optional<Refusal> parse_status_line(std::string_view line, ResponseHead& response) {
  const auto refuse = [](std::string_view why) { return Refusal{Status::bad_gateway, why}; };
  const std::size_t space = line.find(' ');
  if (const auto refusal = parse_version(line.substr(0, space), response.version_minor))
    return refusal;
  if (space == line.npos) return refuse(SUNDOG_PROBED("a status line without a status"));
  line.remove_prefix(space + 1);
  const std::string_view digits = line.substr(0, 3);
  const auto code = parse_decimal(digits);
  if (digits.size() != 3 || !code || *code < 100)
    return refuse(SUNDOG_PROBED("a status that is not a number of three digits"));
  response.status = static_cast<Status>(*code);
  line.remove_prefix(3);
  if (!line.empty() && line.front() != ' ')
    return refuse(SUNDOG_PROBED("a status that is not a number of three digits"));
  if (!line.empty()) response.reason = line.substr(1);
  return std::nullopt;
}

// Line ends that white space follows become spaces. Not the status line's: white space behind it
// belongs to no field.
void unfold(std::span<char> lines) {
  for (std::size_t i = 2; i < lines.size(); ++i) {
    const bool folded = (lines[i] == ' ' || lines[i] == '\t') && lines[i - 1] == '\n';
    if (!folded) continue;
    SUNDOG_PROBE("a folded field");
    lines[i - 2] = lines[i - 1] = ' ';
  }
}

}  // namespace

std::optional<Refusal> parse_response_head(std::span<char> text, bool to_head,
                                           ResponseHead& response) {
  response = ResponseHead{};
  std::string_view head(text.data(), text.size());
  const std::size_t status_line_end = std::min(head.find('\n'), head.size() - 1) + 2;
  if (status_line_end < text.size()) unfold(text.subspan(status_line_end));
  if (const auto refusal = parse_status_line(take_line(head), response)) return refusal;
  if (const auto refusal = parse_field_lines(head, response.fields)) return refusal;
  if (const auto refusal = response_framing(response.fields, response.version_minor,
                                            response.status, to_head, response.framing)) {
    return refusal;
  }
  const bool two_lengths = response.fields.count("Content-Length") != 0 &&
                           response.fields.count("Transfer-Encoding") != 0;
  response.keep_alive = wants_keep_alive(response.fields, response.version_minor) &&
                        response.framing.kind != Framing::Kind::until_close && !two_lengths;
  return std::nullopt;
}

}  // namespace sundog::http
