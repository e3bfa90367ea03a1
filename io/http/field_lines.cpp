#include "sundog/io/http/field_lines.hpp"

#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 2);
  return line;
}

std::optional<Refusal> parse_field_line(std::string_view line, Field& field) {
  const auto refuse = [](std::string_view why) { return Refusal{Status::bad_request, why}; };
  if (!line.empty() && (line.front() == ' ' || line.front() == '\t')) {
    return refuse(SUNDOG_PROBED("a header line begins with white space"));
  }
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return refuse(SUNDOG_PROBED("a header line without a colon"));
  const std::string_view name = line.substr(0, colon);
  if (!name.empty() && (name.back() == ' ' || name.back() == '\t')) {
    return refuse(SUNDOG_PROBED("white space before a header's colon"));
  }
  if (!is_token(name)) return refuse(SUNDOG_PROBED("a header name that is not a token"));
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!all_are(value, character::field_value))
    return refuse(SUNDOG_PROBED("a control character in a header"));
  field = Field{name, value};
  return std::nullopt;
}

std::optional<Refusal> parse_field_lines(std::string_view lines, FieldList& fields) {
  while (!lines.empty()) {
    Field field;
    if (const auto refusal = parse_field_line(take_line(lines), field)) return refusal;
    fields.add(field);
  }
  return std::nullopt;
}

std::optional<Refusal> parse_version(std::string_view text, int& minor) {
  if (text.size() != 8 || !text.starts_with("HTTP/") || !is(text[5], character::digit) ||
      text[6] != '.' || !is(text[7], character::digit)) {
    return Refusal{Status::bad_request, SUNDOG_PROBED("no HTTP version where one must stand")};
  }
  if (text[5] != '1')
    return Refusal{Status::http_version_not_supported, SUNDOG_PROBED("only HTTP/1 is spoken here")};
  minor = text[7] - '0';
  return std::nullopt;
}

}  // namespace sundog::http
