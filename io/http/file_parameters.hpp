// FileOptions as boot parameters (io/parameters.hpp):
//
//   --fields="/assets/ Cache-Control: public, max-age=86400 | *.html X-Frame-Options: DENY"
//   --error-pages=404=missing.html,403=denied.html
//   --types=wat=text/plain,gmi=text/gemini
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sundog/io/http/file_options.hpp"
#include "sundog/io/parameter_types.hpp"

namespace sundog {

namespace http {

// The three, each a type of its own.
struct PathFields {
  std::vector<PathField> all;
};
struct ErrorPages {
  std::vector<std::pair<Status, std::string>> all;
};
struct MediaTypes {
  std::vector<std::pair<std::string, std::string>> all;
};

}  // namespace http

template <>
class ParameterType<http::PathFields> {
 public:
  static std::optional<http::PathFields> parse(std::string_view text);
  static std::string print(const http::PathFields& fields);
  static std::string expects() { return "PATTERN NAME: VALUE, several with | between them"; }
};

template <>
class ParameterType<http::ErrorPages> {
 public:
  static std::optional<http::ErrorPages> parse(std::string_view text);
  static std::string print(const http::ErrorPages& pages);
  static std::string expects() { return "STATUS=PAGE, several with commas between them"; }
};

template <>
class ParameterType<http::MediaTypes> {
 public:
  static std::optional<http::MediaTypes> parse(std::string_view text);
  static std::string print(const http::MediaTypes& types);
  static std::string expects() { return "EXTENSION=TYPE, several with commas between them"; }
};

}  // namespace sundog
