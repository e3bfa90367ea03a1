#include "sundog/io/http/file_options.hpp"

#include "sundog/io/http/send_compressed.hpp"
#include "sundog/io/http/text.hpp"

namespace sundog::http {

bool PathField::is_about(std::string_view key) const {
  if (pattern.empty()) return false;
  const std::string_view rest = std::string_view(pattern).substr(1);
  if (pattern.starts_with('*')) return key.ends_with(rest);
  if (pattern.ends_with('/')) return key.starts_with(rest);
  return key == rest;
}

std::string_view FileOptions::type_of(std::string_view key) const {
  const std::string_view name = key.substr(key.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  if (dot != name.npos) {
    for (const auto& [extension, type] : types) {
      if (equals_ignoring_case(extension, name.substr(dot + 1))) return type;
    }
  }
  return mime_type(key);
}

std::string_view FileOptions::error_page(Status status) const {
  for (const auto& [of, key] : error_pages) {
    if (of == status) return key;
  }
  return {};
}

bool detail::is_text(std::string_view media_type) {
  if (media_type.starts_with("text/")) return true;
  const std::string_view plain = media_type.substr(0, media_type.find(';'));
  constexpr std::string_view others[] = {"application/json",       "application/xml",
                                         "application/javascript", "application/manifest+json",
                                         "application/wasm",       "image/svg+xml"};
  for (const std::string_view other : others) {
    if (equals_ignoring_case(plain, other)) return true;
  }
  return plain.ends_with("+xml") || plain.ends_with("+json");
}

}  // namespace sundog::http
