#include "sundog/io/http/file_parameters.hpp"

#include "sundog/io/http/text.hpp"
#include "sundog/io/key_value.hpp"
#include "sundog/runtime/text/join_text.hpp"

namespace sundog {
namespace {

using http::trimmed;

// Calls take(part) for what stands between the separators, until it gives false; gives whether it
// never did. Of an empty text there is none.
template <class Take>
bool for_each_part(std::string_view text, char separator, Take take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (!take(trimmed(text.substr(0, end)))) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
    if (text.empty()) return false;  // a separator with nothing behind it
  }
  return true;
}

// "NAME=VALUE", neither of them empty.
bool split(std::string_view text, std::string_view& name, std::string_view& value) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos) return false;
  name = trimmed(text.substr(0, equals));
  value = trimmed(text.substr(equals + 1));
  return !name.empty() && !value.empty();
}

bool is_written_by_the_server(std::string_view name) {
  constexpr std::string_view own[] = {
      "Content-Length", "Transfer-Encoding", "Connection", "Date",          "Content-Type",
      "Content-Range",  "Content-Encoding",  "ETag",       "Last-Modified", "Accept-Ranges"};
  for (const std::string_view other : own) {
    if (http::equals_ignoring_case(name, other)) return true;
  }
  return false;
}

}  // namespace

std::optional<http::PathFields> ParameterType<http::PathFields>::parse(std::string_view text) {
  http::PathFields fields;
  const bool understood = for_each_part(text, '|', [&](std::string_view part) {
    const std::size_t blank = part.find(' ');
    if (blank == part.npos) return false;
    const std::string_view pattern = part.substr(0, blank);
    const std::string_view field = trimmed(part.substr(blank));
    const std::size_t colon = field.find(':');
    if (colon == field.npos) return false;
    const std::string_view name = field.substr(0, colon);
    const std::string_view value = trimmed(field.substr(colon + 1));
    if (!pattern.starts_with('/') && !pattern.starts_with('*')) return false;
    if (!http::is_token(name) || is_written_by_the_server(name)) return false;
    if (!http::all_are(value, http::character::field_value)) return false;
    fields.all.emplace_back(std::string(pattern), std::string(name), std::string(value));
    return true;
  });
  return understood ? std::optional(std::move(fields)) : std::nullopt;
}

std::string ParameterType<http::PathFields>::print(const http::PathFields& fields) {
  std::string text;
  for (const http::PathField& field : fields.all) {
    append_text(text,
                {text.empty() ? "" : " | ", field.pattern, " ", field.name, ": ", field.value});
  }
  return text;
}

std::optional<http::ErrorPages> ParameterType<http::ErrorPages>::parse(std::string_view text) {
  http::ErrorPages pages;
  const bool understood = for_each_part(text, ',', [&](std::string_view part) {
    std::string_view status, page;
    if (!split(part, status, page) || !is_key(page)) return false;
    const auto code = http::parse_decimal(status);
    if (!code || *code < 400 || *code > 599) return false;
    pages.all.emplace_back(static_cast<http::Status>(*code), std::string(page));
    return true;
  });
  return understood ? std::optional(std::move(pages)) : std::nullopt;
}

std::string ParameterType<http::ErrorPages>::print(const http::ErrorPages& pages) {
  std::string text;
  for (const auto& [status, page] : pages.all) {
    append_text(text, {text.empty() ? "" : ",", std::to_string(code_of(status)), "=", page});
  }
  return text;
}

std::optional<http::MediaTypes> ParameterType<http::MediaTypes>::parse(std::string_view text) {
  http::MediaTypes types;
  const bool understood = for_each_part(text, ',', [&](std::string_view part) {
    std::string_view extension, type;
    if (!split(part, extension, type)) return false;
    if (extension.starts_with('.')) extension.remove_prefix(1);
    if (!http::is_token(extension) || !http::all_are(type, http::character::field_value))
      return false;
    if (type.find('/') == type.npos) return false;
    types.all.emplace_back(std::string(extension), std::string(type));
    return true;
  });
  return understood ? std::optional(std::move(types)) : std::nullopt;
}

std::string ParameterType<http::MediaTypes>::print(const http::MediaTypes& types) {
  std::string text;
  for (const auto& [extension, type] : types.all) {
    append_text(text, {text.empty() ? "" : ",", extension, "=", type});
  }
  return text;
}

}  // namespace sundog
