// Responses as the client reads them, and heads as both sides write them.
#include "sundog/io/http/response_head.hpp"

#include <array>
#include <string>
#include <system_error>

#include "sundog/io/http/head_scanner.hpp"
#include "sundog/io/http/head_writer.hpp"
#include "tests/catch.hpp"

using namespace sundog::http;

namespace {

// "refused", or status and framing.
std::string judged(std::string_view bytes, bool to_head = false) {
  HeadScanner scanner;
  if (scanner.scan(bytes) != HeadScanner::State::complete)
    return scanner.refused() ? "refused" : "incomplete";
  ResponseHead response;
  std::string head(scanner.head(bytes));
  if (parse_response_head(head, to_head, response)) return "refused";
  const std::string status = std::to_string(code_of(response.status));
  switch (response.framing.kind) {
    case Framing::Kind::none:
      return status + " none";
    case Framing::Kind::length:
      return status + " length " + std::to_string(response.framing.length);
    case Framing::Kind::chunked:
      return status + " chunked";
    case Framing::Kind::until_close:
      return status + " until close";
  }
  return {};
}

std::string ok(const std::string& fields) { return "HTTP/1.1 200 OK\r\n" + fields + "\r\n"; }

struct ResponseCase {
  const char* section;
  const char* sentence;
  std::string bytes;
  std::string expected;
};

const ResponseCase cases[] = {
    {"4", "a status line with reason is read", ok("Content-Length: 3\r\n"), "200 length 3"},
    {"4", "a reason may be empty", "HTTP/1.1 204 \r\n\r\n", "204 none"},
    {"4", "a reason may be left out with its space", "HTTP/1.1 204\r\n\r\n", "204 none"},
    {"4", "an unknown status is read", "HTTP/1.1 299 So so\r\nContent-Length: 0\r\n\r\n",
     "299 length 0"},
    {"4", "a status of two digits is refused", "HTTP/1.1 20 OK\r\n\r\n", "refused"},
    {"4", "a status of four digits is refused", "HTTP/1.1 2000 OK\r\n\r\n", "refused"},
    {"4", "a status below 100 is refused", "HTTP/1.1 099 OK\r\n\r\n", "refused"},
    {"4", "a status that is no number is refused", "HTTP/1.1 abc OK\r\n\r\n", "refused"},
    {"4", "a missing status is refused", "HTTP/1.1\r\n\r\n", "refused"},
    {"2.3", "another major version is refused", "HTTP/2.0 200 OK\r\n\r\n", "refused"},
    {"2.3", "another protocol is refused", "ICY 200 OK\r\n\r\n", "refused"},
    {"5.2", "a folded field is unfolded", ok("A: b\r\n c\r\nContent-Length: 4\r\n"),
     "200 length 4"},
    {"5.2", "a field's name is not folded", ok("Content-\r\n Length: 4\r\n"), "refused"},
    {"5.2", "a field may be folded several times", ok("Content-Length:\r\n \r\n\t3\r\n"),
     "200 length 3"},
    {"2.2", "white space behind the status line is refused", ok(" A: b\r\n"), "refused"},
    {"6.3", "no length reads until the connection closes", ok(""), "200 until close"},
    {"6.3", "204 has no content, whatever its length says",
     "HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\n", "204 none"},
    {"6.3", "304 has no content, whatever its length says",
     "HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n", "304 none"},
    {"6.3", "1xx has no content", "HTTP/1.1 100 Continue\r\n\r\n", "100 none"},
    {"6.1", "chunked is read", ok("Transfer-Encoding: chunked\r\n"), "200 chunked"},
    {"6.1", "another coding is refused", ok("Transfer-Encoding: gzip, chunked\r\n"), "refused"},
    {"6.3", "chunked counts, not a Content-Length beside it",
     ok("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), "200 chunked"},
    {"6.1", "Transfer-Encoding in HTTP/1.0 is refused",
     "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "refused"},
    {"6.3", "equal Content-Lengths are one", ok("Content-Length: 3\r\nContent-Length: 3, 3\r\n"),
     "200 length 3"},
    {"6.3", "Content-Lengths that differ are refused",
     ok("Content-Length: 3\r\nContent-Length: 4\r\n"), "refused"},
    {"6.3", "a Content-Length list that differs is refused", ok("Content-Length: 3, 4\r\n"),
     "refused"},
    {"6.3", "an empty Content-Length is refused", ok("Content-Length:\r\n"), "refused"},
    {"6.3", "a Content-Length that is no number is refused", ok("Content-Length: x\r\n"),
     "refused"},
};

}  // namespace

TEST_CASE("a response is judged as RFC 9112 says") {
  for (const ResponseCase& test : cases) {
    DYNAMIC_SECTION(test.section << ": " << test.sentence) {
      CHECK(judged(test.bytes) == test.expected);
    }
  }
}

TEST_CASE("a connection is not used again after a response with two lengths") {
  std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n";
  ResponseHead response;
  REQUIRE_FALSE(parse_response_head(head, false, response));
  CHECK_FALSE(response.keep_alive);
}

TEST_CASE("unfolding leaves a field's value in one line") {
  std::string head = "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nD: e\r\n";
  ResponseHead response;
  REQUIRE_FALSE(parse_response_head(head, false, response));
  REQUIRE(response.fields.find("A"));
  CHECK(*response.fields.find("A") == "b   c");
  CHECK(*response.fields.find("D") == "e");
}

TEST_CASE("a response to HEAD has no content, whatever its length says") {
  CHECK(judged(ok("Content-Length: 3\r\n"), true) == "200 none");
  CHECK(judged(ok("Transfer-Encoding: chunked\r\n"), true) == "200 none");
}

TEST_CASE("a response cut at any byte is incomplete") {
  const std::string bytes = ok("Content-Length: 3\r\nA: b\r\n");
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    CHECK(judged(bytes.substr(0, cut)) == "incomplete");
}

TEST_CASE("a written head is read back") {
  std::array<char, 200> space;
  HeadWriter writer(space);
  writer.status_line(Status::not_found);
  writer.field("Content-Length", std::uint64_t{0});
  writer.field("Content-Type", "text/plain");
  writer.finish();
  CHECK(writer.text() ==
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nContent-Type: text/plain\r\n\r\n");
  CHECK(judged(writer.text()) == "404 length 0");
}

TEST_CASE("a field that would split the head is not written") {
  std::array<char, 200> space;
  HeadWriter writer(space);
  for (const std::string& value : {std::string("a\r\nB: c"), std::string("a\nb"),
                                   std::string("a\rb"), std::string("a\0b", 3)}) {
    CHECK_THROWS_AS(writer.field("A", value), std::system_error);
  }
  CHECK_THROWS_AS(writer.field("A: b\r\nC", "d"), std::system_error);
  CHECK_THROWS_AS(writer.field("", "d"), std::system_error);
  CHECK_THROWS_AS(writer.request_line("GET", "/ HTTP/1.1\r\nA: b\r\n\r\nGET /"), std::system_error);
  CHECK_THROWS_AS(writer.request_line("G T", "/"), std::system_error);
  CHECK(writer.size() == 0);
}

TEST_CASE("a head that does not fit is not written in part") {
  std::array<char, 40> space;
  for (std::size_t size = 0; size < 17; ++size) {
    HeadWriter writer(std::span(space).first(size));
    CHECK_THROWS_AS(writer.status_line(Status::ok), std::system_error);
    CHECK(writer.size() == 0);
  }
  HeadWriter writer(std::span(space).first(23));
  writer.status_line(Status::ok);
  CHECK_THROWS_AS(writer.field("A", "bcd"), std::system_error);
  writer.field("A", "b");
  CHECK_THROWS_AS(writer.finish(), std::system_error);
  CHECK(writer.text() == "HTTP/1.1 200 OK\r\nA: b\r\n");
}
