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

TEST_CASE("dot segments are resolved, and several slashes are one, however they are written") {
  for (const char* path : {"/a/b", "//a/b", "/a//b", "///a////b", "/./a/b", "/a/./b", "/x/../a/b",
                           "/x/y/../../a/b", "/a%2fb", "/%2F%2fa/b", "/%2e/a/b", "/x/%2e%2E/a/b",
                           "/x/.%2e/a/b", "/nothing/..//a/./b", "/a/c/..%2fb", "/.x/../a/b"}) {
    CAPTURE(path);
    CHECK(decoded(path) == "a/b");
  }
  CHECK(decoded("//") == "");
  CHECK(decoded("/.") == "");
  CHECK(decoded("/a/..") == "");
  CHECK(decoded("/a/.") == "a/");
  CHECK(decoded("/a/b/..") == "a/");
  CHECK(decoded("/a/b/../") == "a/");
  CHECK(decoded("/a//") == "a/");
}

TEST_CASE("what leads above the root is refused however it is written") {
  for (const char* path :
       {"/..", "/../a", "/a/../../b", "/%2e%2e/a", "/%2E%2e/a", "/.%2e/a", "/%2e./a", "/..%2fa",
        "/%2e%2e%2fa", "/a%2f..%2f..%2fb", "/a/..//..", "/./../a", "//../a", "/a/../.."}) {
    CAPTURE(path);
    CHECK(decoded(path) == "400");
  }
}

TEST_CASE("a path that is not properly encoded, or holds a NUL, is refused") {
  for (const char* path : {"", "a", "*", "/%", "/%4", "/%4g", "/%g4", "/%-1", "/a%00.html", "/%00",
                           "/a/..%00/a", "/f%2"}) {
    CAPTURE(path);
    CHECK(decoded(path) == "400");
  }
}

TEST_CASE("every other byte is a character of a name") {
  for (int byte = 1; byte < 0x100; ++byte) {
    const char c = static_cast<char>(byte);
    if (c == '/' || c == '.') continue;
    const char* digits = "0123456789abcdef";
    const std::string encoded = {'/', '%', digits[byte >> 4], digits[byte & 15]};
    CAPTURE(encoded);
    CHECK(decoded(encoded) == std::string(1, c));
  }
  CHECK(decoded("/\xff\\a") == "\xff\\a");
  // Neither is a dot segment: a backslash is no slash, and an overlong form no dot.
  CHECK(decoded("/a\\..\\b") == "a\\..\\b");
  CHECK(decoded("/%c0%ae%c0%ae/a") == "\xc0\xae\xc0\xae/a");
}

TEST_CASE("hidden files are not found") {
  for (const char* path : {"/.git/config", "/a/.htaccess", "/%2egit/config", "/...", "/..a",
                           "/..\\a", "/..%5ca", "/x//.git", "/.well-known/.git"}) {
    CAPTURE(path);
    CHECK(decoded(path) == "404");
  }
}

TEST_CASE("a path that was repaired says so, and is encoded anew") {
  const auto encoded = [](std::string_view path) {
    DecodedPath decoder;
    REQUIRE_FALSE(decoder.decode(path));
    CHECK(decoder.repaired());
    const std::string again = decoder.encode();
    DecodedPath second;
    REQUIRE_FALSE(second.decode(again));
    CHECK(second.key() == decoder.key());
    CHECK_FALSE(second.repaired());
    return again;
  };
  CHECK(encoded("//evil.example") == "/evil.example");
  CHECK(encoded("/a/../b%20c%3f%5c%ff+d") == "/b%20c%3F%5C%FF+d");
  DecodedPath plain;
  REQUIRE_FALSE(plain.decode("/a%20b/"));
  CHECK_FALSE(plain.repaired());
}

TEST_CASE("the longest path is accepted and a longer one is refused") {
  CHECK(decoded('/' + std::string(path_bytes_max, 'a')).size() == path_bytes_max);
  CHECK(decoded('/' + std::string(path_bytes_max + 1, 'a')) == "414");
}

TEST_CASE("a media type follows from the extension") {
  CHECK(mime_type("index.html") == "text/html; charset=utf-8");
  CHECK(mime_type("a.b/C.SVG") == "image/svg+xml");
  CHECK(mime_type("a/b.min.js") == "text/javascript; charset=utf-8");
  CHECK(mime_type("a.html/b") == "application/octet-stream");
  CHECK(mime_type("README") == "application/octet-stream");
  CHECK(mime_type("") == "application/octet-stream");
}
