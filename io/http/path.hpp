// A request's path, decoded to the key of something stored: relative, "/"-separated, valid UTF-8,
// and such that no store can be led out of its root with it. What a careful client never sends is
// refused instead of repaired, since repairing is where traversal hides: "." and ".." segments,
// encoded slashes, backslashes, NUL and control characters, broken or overlong UTF-8, broken
// percent-encoding. All of it is judged after decoding, once.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "sundog/io/http/limits.hpp"
#include "sundog/io/http/status.hpp"

namespace sundog::http {

class DecodedPath {
 public:
  // `path`: RequestHead::path, beginning with '/'. Refused with 400; 414 beyond path_bytes_max; 404
  // for empty segments ("//") and for segments that begin with a dot other than "/.well-known" (RFC
  // 8615): hidden files are not part of a site.
  std::optional<Refusal> decode(std::string_view path);

  // Without the leading '/'; ends with '/' if the path did; empty for "/". Valid as long as this
  // object.
  std::string_view key() const { return {bytes_.data(), size_}; }

  // The key of the index page of the folder that the path names, with or without its last '/'.
  // Leaves key() as it is.
  std::string_view index_key();

 private:
  static constexpr std::string_view index_name = "/index.html";

  std::array<char, path_bytes_max + index_name.size()> bytes_;
  std::size_t size_ = 0;
};

// Whether the text is well-formed UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view text);

}  // namespace sundog::http
