// FileOptions: what a service may choose about the pages that serve_files() gives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sundog/io/http/accept_encoding.hpp"
#include "sundog/io/http/mime_type.hpp"
#include "sundog/io/http/status.hpp"

namespace sundog::http {

// A field for the pages that a pattern is about: "/a/b.css" for one, "/a/" for all below it,
// "*.css" for all whose path ends so. What is matched is where the page stands in the store: that
// of "/a/" is "/a/index.html".
struct PathField {
  PathField() = default;  // not an aggregate: it travels through coroutines by value
  PathField(std::string a_pattern, std::string a_name, std::string a_value)
      : pattern(std::move(a_pattern)), name(std::move(a_name)), value(std::move(a_value)) {}

  // `key` is the page's in the store.
  bool is_about(std::string_view key) const;

  // As above; and the field, as it is sent.
  std::string pattern;
  std::string name;
  std::string value;
};

// Less would hardly become smaller.
inline constexpr std::uint64_t compressed_bytes_min = 512;

struct FileOptions {
  FileOptions() = default;

  // Cache-Control and the like, for answers that are no errors, 304 among them. Of several that
  // name the same field and are about the same page, the first counts.
  std::vector<PathField> fields;
  // What stands in the store to be sent with an error, instead of a sentence.
  std::vector<std::pair<Status, std::string>> error_pages;
  // Media types by extension, without dot, before those that are known.
  std::vector<std::pair<std::string, std::string>> types;
  // Where "page.css.br", "page.css.zst" or "page.css.gz" stands beside "page.css", a client that
  // accepts this coding gets it.
  bool precompressed = false;
  // Text without such a file is compressed while it is sent, for clients that accept gzip; without
  // ranges. Nothing changes where the platform cannot (compressor.hpp), or for files smaller than
  // compressed_bytes_min or larger than this; 0: none is.
  std::uint64_t compressed_bytes_max = 0;
  // A folder without an index page is answered with what is in it, where the store can tell.
  bool listings = false;

  // Whether answers depend on Accept-Encoding.
  bool varies() const { return precompressed || compressed_bytes_max != 0; }
  // By `types`, then as mime_type().
  std::string_view type_of(std::string_view key) const;
  // The key of the page for an error, or nothing.
  std::string_view error_page(Status status) const;
};

}  // namespace sundog::http
