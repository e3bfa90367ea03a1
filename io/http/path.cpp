#include "sundog/io/http/path.hpp"

#include <algorithm>

#include "sundog/io/http/text.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {
namespace {

Refusal bad(std::string_view why) { return Refusal{Status::bad_request, why}; }

bool is_hidden(std::string_view key) {
  while (!key.empty()) {
    const std::size_t end = std::min(key.find('/'), key.size());
    const std::string_view segment = key.substr(0, end);
    if (segment.front() == '.' && segment != ".well-known") return true;
    key.remove_prefix(std::min(end + 1, key.size()));
  }
  return false;
}

}  // namespace

std::optional<Refusal> DecodedPath::decode(std::string_view path) {
  size_ = 0;
  repaired_ = false;
  if (!path.starts_with('/')) return bad(SUNDOG_PROBED("a path that does not begin with a slash"));
  if (const auto refusal = decode_characters(path.substr(1))) return refusal;
  return normalize();
}

std::optional<Refusal> DecodedPath::decode_characters(std::string_view path) {
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
    if (c == '\0') return bad(SUNDOG_PROBED("a NUL in the path"));
    if (size_ == path_bytes_max)
      return Refusal{Status::uri_too_long, SUNDOG_PROBED("the path is longer than allowed")};
    bytes_[size_++] = c;
    path.remove_prefix(encoded ? 3 : 1);
  }
  return std::nullopt;
}

// In place: what is kept is never longer than what was read so far.
std::optional<Refusal> DecodedPath::normalize() {
  const std::size_t end = size_;
  size_ = 0;
  for (std::size_t start = 0; start < end;) {
    const std::size_t slash = std::min(std::string_view(bytes_.data(), end).find('/', start), end);
    const std::string_view segment(bytes_.data() + start, slash - start);
    const bool ends_in_slash = slash < end;
    start = slash + 1;
    if (segment.empty() || segment == ".") {
      repaired_ = true;
    } else if (segment == "..") {
      repaired_ = true;
      if (size_ == 0) return bad(SUNDOG_PROBED("a path that leads above the root"));
      size_ = std::string_view(bytes_.data(), size_ - 1).rfind('/') + 1;  // 0 where there is none
    } else {
      std::copy(segment.begin(), segment.end(), &bytes_[size_]);
      size_ += segment.size();
      if (ends_in_slash) bytes_[size_++] = '/';
    }
  }
  if (is_hidden(key())) return Refusal{Status::not_found, SUNDOG_PROBED("a hidden file")};
  return std::nullopt;
}

std::string_view DecodedPath::index_key() {
  std::string_view name = index_name;
  if (size_ == 0 || bytes_[size_ - 1] == '/') name.remove_prefix(1);
  name.copy(bytes_.data() + size_, name.size());
  return {bytes_.data(), size_ + name.size()};
}

std::string DecodedPath::encode() const {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string path = "/";
  for (const char c : key()) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool is_plain = is_letter || (c >= '0' && c <= '9') ||
                          std::string_view("-._~!$&'()*+,;=:@/").find(c) != std::string_view::npos;
    if (is_plain) {
      path += c;
    } else {
      const auto value = static_cast<unsigned char>(c);
      ((path += '%') += digits[value >> 4]) += digits[value & 0xf];
    }
  }
  return path;
}

}  // namespace sundog::http
