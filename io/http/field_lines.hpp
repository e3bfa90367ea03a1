// Field lines to a FieldList (RFC 9112 section 5), strictly: no folding, no white space around the
// name, no control characters. Shared by requests, responses and trailers.
#pragma once

#include <optional>
#include <string_view>

#include "sundog/io/http/fields.hpp"
#include "sundog/io/http/status.hpp"

namespace sundog::http {

// Takes the next line off `text`, without its CRLF. The text must consist of whole lines, as
// HeadScanner gives them.
std::string_view take_line(std::string_view& text);

// One line, without its CRLF.
std::optional<Refusal> parse_field_line(std::string_view line, Field& field);

// Whole field lines, appended to `fields`. Nothing when all are well-formed.
std::optional<Refusal> parse_field_lines(std::string_view lines, FieldList& fields);

// Version text as in "HTTP/1.1": its minor digit through `minor`. Major versions but 1 are refused
// with 505.
std::optional<Refusal> parse_version(std::string_view text, int& minor);

// Whether the connection may carry another message after this one (RFC 9112 section 9.3).
inline bool wants_keep_alive(const FieldList& fields, int version_minor) {
  if (fields.has_word("Connection", "close")) return false;
  return version_minor >= 1 || fields.has_word("Connection", "keep-alive");
}

}  // namespace sundog::http
