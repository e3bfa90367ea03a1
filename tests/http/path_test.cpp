// Paths: what they decode to, and that nothing leads out of the root.
#include "sundog/io/http/path.hpp"

#include <string>

#include "sundog/io/http/mime_type.hpp"
#include "tests/catch.hpp"

using namespace sundog::http;

namespace {

// The key, or the status it is refused with.
std::string decoded(std::string_view path) {
  DecodedPath decoder;
  if (const auto refusal = decoder.decode(path)) return std::to_string(code_of(refusal->status));
  return std::string(decoder.key());
}

}  // namespace

TEST_CASE("a path is decoded to a key without its leading slash") {
  CHECK(decoded("/") == "");
  CHECK(decoded("/index.html") == "index.html");
  CHECK(decoded("/a/b/") == "a/b/");
  CHECK(decoded("/a%20b%2Bc+d") == "a b+c+d");
  CHECK(decoded("/%41") == "A");
  CHECK(decoded("/%c3%a4") == "\xc3\xa4");
  CHECK(decoded("/a..b/c...") == "a..b/c...");
  CHECK(decoded("/.well-known/acme") == ".well-known/acme");
}

TEST_CASE("a percent sign is decoded once only") { CHECK(decoded("/%252e%252e/a") == "%2e%2e/a"); }

TEST_CASE("path traversal is refused however it is written") {
  for (const char* path :
       {"/..",       "/../a",      "/a/../b",       "/a/..",       "/.",         "/./a",
        "/%2e%2e/a", "/%2E%2e/a",  "/.%2e/a",       "/%2e./a",     "/a/%2e%2e",  "/..%2fa",
        "/..%5ca",   "/..\\a",     "/%2e%2e%2fa",   "/a%2f..%2fb", "/%5c..%5ca", "/%c0%ae%c0%ae/a",
        "/%c0%afa",  "/%e0%80%af", "/%f0%80%80%af", "/a%00.html",  "/%00",       "/..%00/a"}) {
    CAPTURE(path);
    CHECK(decoded(path) == "400");
  }
}

TEST_CASE("a path that is not properly encoded is refused") {
  for (const char* path :
       {"", "a", "*", "/%", "/%4", "/%4g", "/%g4", "/%-1", "/a%0ab", "/a%0d%0ab", "/%7f", "/%ff",
        "/%c3", "/%ed%a0%80", "/%f4%90%80%80", "/%f5%80%80%80", "/%c3%28"}) {
    CAPTURE(path);
    CHECK(decoded(path) == "400");
  }
}

TEST_CASE("empty segments and hidden files are not found") {
  for (const char* path :
       {"//", "//etc/passwd", "/a//b", "/.git/config", "/a/.htaccess", "/%2egit/config"}) {
    CAPTURE(path);
    CHECK(decoded(path) == "404");
  }
}

TEST_CASE("the longest path is accepted and a longer one is refused") {
  CHECK(decoded('/' + std::string(path_bytes_max, 'a')).size() == path_bytes_max);
  CHECK(decoded('/' + std::string(path_bytes_max + 1, 'a')) == "414");
}

TEST_CASE("every byte beyond ASCII alone is refused") {
  for (int byte = 0x80; byte < 0x100; ++byte)
    CHECK(decoded(std::string("/") + static_cast<char>(byte)) == "400");
}

TEST_CASE("UTF-8 of one to four bytes is accepted") {
  for (const char* text : {"a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xef\xbf\xbf",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(is_utf8(text));
  }
}

TEST_CASE("a media type follows from the extension") {
  CHECK(mime_type("index.html") == "text/html; charset=utf-8");
  CHECK(mime_type("a.b/C.SVG") == "image/svg+xml");
  CHECK(mime_type("a/b.min.js") == "text/javascript; charset=utf-8");
  CHECK(mime_type("a.html/b") == "application/octet-stream");
  CHECK(mime_type("README") == "application/octet-stream");
  CHECK(mime_type("") == "application/octet-stream");
}
