// URLs, and references resolved by RFC 3986 section 5.
#include "sundog/io/http/url.hpp"

#include "tests/catch.hpp"

using namespace sundog::http;

namespace {

std::string shown(const Url& url) {
  return url.host + ' ' + std::to_string(url.port) + ' ' + url.target;
}

std::string parsed(std::string_view text) {
  Url url;
  if (const auto error = parse_url(text, url)) return "error: " + std::string(error->why);
  return shown(url);
}

std::string resolved(std::string_view reference) {
  Url url;
  REQUIRE_FALSE(parse_url("http://a/b/c/d;p?q", url));
  if (const auto error = resolve_url(url, reference, url))
    return "error: " + std::string(error->why);
  return url.target;
}

}  // namespace

TEST_CASE("a URL is taken apart") {
  CHECK(parsed("http://example.org") == "example.org 80 /");
  CHECK(parsed("HTTP://example.org:8080/a/b?c=d#e") == "example.org 8080 /a/b?c=d");
  CHECK(parsed("http://example.org?a") == "example.org 80 /?a");
  CHECK(parsed("http://example.org:/") == "example.org 80 /");
  CHECK(parsed("http://[::1]:81/") == "::1 81 /");
  CHECK(parsed("http://[::1]") == "::1 80 /");
  CHECK(parsed("http://a/b/../c/./d") == "a 80 /c/d");
}

TEST_CASE("what cannot be fetched is refused with the reason") {
  CHECK(parsed("https://a/") == "error: https is not supported: there is no TLS");
  for (const char* text :
       {"", "a", "ftp://a/", "http:", "http:/a", "http://", "http:///a", "http://u@a/",
        "http://a:b/", "http://a:65536/", "http://a:0/", "http://[::1/", "http://a b/",
        "http://a/b c", "http://a/\r\nX: y", "http://a/\xc3\xa4", "//a/b"}) {
    CAPTURE(text);
    CHECK(parsed(text).starts_with("error: "));
  }
}

TEST_CASE("Host names the port only when it is not 80, and brackets IPv6") {
  Url url;
  REQUIRE_FALSE(parse_url("http://a:80/", url));
  CHECK(url.authority() == "a");
  REQUIRE_FALSE(parse_url("http://[::1]:81/", url));
  CHECK(url.authority() == "[::1]:81");
}

TEST_CASE("references are resolved as in RFC 3986 section 5.4.1") {
  CHECK(resolved("g") == "/b/c/g");
  CHECK(resolved("./g") == "/b/c/g");
  CHECK(resolved("g/") == "/b/c/g/");
  CHECK(resolved("/g") == "/g");
  CHECK(resolved("//g") == "/");
  CHECK(resolved("?y") == "/b/c/d;p?y");
  CHECK(resolved("g?y") == "/b/c/g?y");
  CHECK(resolved("#s") == "/b/c/d;p?q");
  CHECK(resolved("g#s") == "/b/c/g");
  CHECK(resolved(";x") == "/b/c/;x");
  CHECK(resolved("") == "/b/c/d;p?q");
  CHECK(resolved(".") == "/b/c/");
  CHECK(resolved("./") == "/b/c/");
  CHECK(resolved("..") == "/b/");
  CHECK(resolved("../") == "/b/");
  CHECK(resolved("../g") == "/b/g");
  CHECK(resolved("../..") == "/");
  CHECK(resolved("../../g") == "/g");
}

TEST_CASE("odd references are resolved as in RFC 3986 section 5.4.2") {
  CHECK(resolved("../../../g") == "/g");
  CHECK(resolved("/./g") == "/g");
  CHECK(resolved("/../g") == "/g");
  CHECK(resolved("g.") == "/b/c/g.");
  CHECK(resolved("..g") == "/b/c/..g");
  CHECK(resolved("./../g") == "/b/g");
  CHECK(resolved("g/./h") == "/b/c/g/h");
  CHECK(resolved("g/../h") == "/b/c/h");
  CHECK(resolved("g;x=1/../y") == "/b/c/y");
  CHECK(resolved("g?y/../x") == "/b/c/g?y/../x");
}

TEST_CASE("a reference with a scheme is a URL of its own") {
  CHECK(resolved("http://x/y") == "/y");
  CHECK(resolved("mailto:x") == "error: the URL does not begin with http://");
  CHECK(resolved("https://x/y") == "error: https is not supported: there is no TLS");
}

TEST_CASE("what a reference must not hold is percent-encoded, but control characters are refused") {
  CHECK(resolved("a b") == "/b/c/a%20b");
  CHECK(resolved("/\xc3\xa4?\xc3\xb6 x#y z") == "/%C3%A4?%C3%B6%20x");
  CHECK(resolved("/already%20there") == "/already%20there");
  CHECK(resolved("/\"quoted\"") == "/\"quoted\"");
  Url base, url;
  REQUIRE_FALSE(parse_url("http://a/", base));
  CHECK(resolve_url(base, "/a\r\nb", url));
  CHECK(resolve_url(base, std::string_view("/a\0b", 4), url));
  REQUIRE_FALSE(resolve_url(base, "http://other:81/a b", url));
  CHECK(url.host == "other");
  CHECK(url.target == "/a%20b");
}
