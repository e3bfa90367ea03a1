// A request's path, decoded to the key of something stored: relative, "/"-separated, and such that
// no store can be led out of its root with it.
//
// It is decoded once and then normalized as a whole (RFC 3986 section 6.2.2), as web servers do:
// "." and ".." segments are resolved, several slashes are one, whether they were encoded or not.
// What leads above the root is refused, and so is what no file can be called: a NUL. Everything
// else names what it says: a backslash, control characters and bytes that are not UTF-8 are
// characters like others.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sundog/io/http/limits.hpp"
#include "sundog/io/http/status.hpp"

namespace sundog::http {

// See above. Holds the key in a buffer of its own; nothing is allocated.
class DecodedPath {
 public:
  // `path`: RequestHead::path, beginning with '/'. Refused with 400; 414 beyond path_bytes_max; 404
  // for segments that begin with a dot other than "/.well-known" (RFC 8615): hidden files are not
  // part of a site.
  std::optional<Refusal> decode(std::string_view path);

  // Without the leading '/'; ends with '/' if the path did, or with "." or ".."; empty for "/".
  // Valid as long as this object.
  std::string_view key() const { return {bytes_.data(), size_}; }

  // The key of the index page of the folder that the path names, with or without its last '/'.
  // Leaves key() as it is.
  std::string_view index_key();

  // Whether "." or empty segments were taken out: then the path as it came is not to be given back
  // to a client, who might take "//name" for another server's.
  bool repaired() const { return repaired_; }
  // The path that decodes to this key, encoded where it must be.
  std::string encode() const;

 private:
  static constexpr std::string_view index_name = "/index.html";

  std::optional<Refusal> decode_characters(std::string_view path);
  std::optional<Refusal> normalize();

  std::array<char, path_bytes_max + index_name.size()> bytes_;
  std::size_t size_ = 0;
  bool repaired_ = false;
};

}  // namespace sundog::http
