#include "sundog/io/http/path.hpp"

#include "sundog/io/http/text.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {
namespace {

Refusal bad(std::string_view why) { return Refusal{Status::bad_request, why}; }

// A character as it stands in the decoded path; `encoded`: it was written as %XX.
std::optional<Refusal> check_character(char c, bool encoded) {
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
    return bad(SUNDOG_PROBED("a control character in the path"));
  if (c == '\\') return bad(SUNDOG_PROBED("a backslash in the path"));
  if (c == '/' && encoded) return bad(SUNDOG_PROBED("an encoded slash in the path"));
  return std::nullopt;
}

std::optional<Refusal> check_segments(std::string_view key) {
  while (!key.empty()) {
    const std::size_t slash = key.find('/');
    const std::string_view segment = key.substr(0, slash);
    if (segment == "." || segment == "..") return bad(SUNDOG_PROBED("a dot segment in the path"));
    if (segment.empty())
      return Refusal{Status::not_found, SUNDOG_PROBED("an empty segment in the path")};
    if (segment.front() == '.' && segment != ".well-known")
      return Refusal{Status::not_found, SUNDOG_PROBED("a hidden file")};
    key.remove_prefix(slash == key.npos ? key.size() : slash + 1);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> DecodedPath::decode(std::string_view path) {
  size_ = 0;
  if (!path.starts_with('/')) return bad(SUNDOG_PROBED("a path that does not begin with a slash"));
  path.remove_prefix(1);
  while (!path.empty()) {
    char c = path.front();
    const bool encoded = c == '%';
    if (encoded) {
      if (path.size() < 3 || !is(path[1], character::hex_digit) ||
          !is(path[2], character::hex_digit)) {
        return bad(SUNDOG_PROBED("broken percent-encoding in the path"));
      }
      c = static_cast<char>(hex_value(path[1]) * 16 + hex_value(path[2]));
    }
    if (const auto refusal = check_character(c, encoded)) return refusal;
    if (size_ == path_bytes_max)
      return Refusal{Status::uri_too_long, SUNDOG_PROBED("the path is longer than allowed")};
    bytes_[size_++] = c;
    path.remove_prefix(encoded ? 3 : 1);
  }
  if (!is_utf8(key())) return bad(SUNDOG_PROBED("a path that is not UTF-8"));
  return check_segments(key());
}

std::string_view DecodedPath::index_key() {
  std::string_view name = index_name;
  if (size_ == 0 || bytes_[size_ - 1] == '/') name.remove_prefix(1);
  name.copy(bytes_.data() + size_, name.size());
  return {bytes_.data(), size_ + name.size()};
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto byte_at = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned lead = byte_at(i++);
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    const std::size_t followers = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (text.size() - i < followers) return false;
    const unsigned second = byte_at(
        i);  // its range depends on the first: no overlong forms, surrogates, or beyond U+10FFFF
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
      return false;
    }
    for (const std::size_t end = i + followers; i < end; ++i) {
      if ((byte_at(i) & 0xc0) != 0x80) return false;
    }
  }
  return true;
}

}  // namespace sundog::http
