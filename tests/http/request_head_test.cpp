// Requests: every conformance case, whole, in two pieces cut at every byte, and byte by byte; then
// what an accepted request says.
#include "sundog/io/http/request_head.hpp"

#include "sundog/io/http/head_scanner.hpp"
#include "tests/catch.hpp"
#include "tests/http/request_cases.hpp"

using namespace sundog::http;

namespace {

// What scanner and parser decide on, as one comparable text.
std::string decision(const HeadScanner& scanner, std::string_view received) {
  if (scanner.refused()) {
    return std::to_string(code_of(scanner.refusal().status)) + ' ' +
           std::string(scanner.refusal().why);
  }
  if (!scanner.complete()) return "incomplete";
  RequestHead request;
  const auto refusal = parse_request_head(scanner.head(received), request);
  const Status status = refusal ? refusal->status : Status::ok;
  return std::to_string(code_of(status)) + ' ' +
         std::string(refusal ? refusal->why : request.target) + ' ' +
         std::to_string(scanner.consumed());
}

std::string decide_whole(std::string_view bytes) {
  HeadScanner scanner;
  scanner.scan(bytes);
  return decision(scanner, bytes);
}

RequestHead parsed(std::string_view bytes) {
  HeadScanner scanner;
  REQUIRE(scanner.scan(bytes) == HeadScanner::State::complete);
  RequestHead request;
  const auto refusal = parse_request_head(scanner.head(bytes), request);
  REQUIRE_FALSE(refusal);
  return request;
}

}  // namespace

TEST_CASE("there are at least a hundred conformance cases") {
  CHECK(request_cases().size() >= 100);
}

TEST_CASE("a request is judged as RFC 9112 and RFC 9110 say") {
  for (const RequestCase& test : request_cases()) {
    DYNAMIC_SECTION(test.section << ": " << test.sentence) {
      const std::string result = decide_whole(test.bytes);
      CAPTURE(test.bytes.substr(0, 200), result);
      CHECK(result.substr(0, 3) == std::to_string(code_of(test.expected)));
    }
  }
}

TEST_CASE("a request fed byte by byte is judged as if it came whole, and as early") {
  for (const RequestCase& test : request_cases()) {
    DYNAMIC_SECTION(test.section << ": " << test.sentence) {
      const std::string_view bytes = test.bytes;
      HeadScanner scanner;
      std::size_t fed = 0;
      while (fed < bytes.size() && !scanner.complete() && !scanner.refused())
        scanner.scan(bytes.substr(0, ++fed));
      CHECK(decision(scanner, bytes) == decide_whole(bytes));
    }
  }
}

TEST_CASE(
    "a request cut at any byte is undecided or already decided alike, and goes on to the same "
    "end") {
  for (const RequestCase& test : request_cases()) {
    if (test.bytes.size() > 2000) continue;  // the long ones differ only in their filling
    DYNAMIC_SECTION(test.section << ": " << test.sentence) {
      const std::string_view bytes = test.bytes;
      const std::string whole = decide_whole(bytes);
      for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        HeadScanner scanner;
        scanner.scan(bytes.substr(0, cut));
        const std::string early = decision(scanner, bytes);
        if (early != "incomplete") CHECK(early == whole);
        scanner.scan(bytes);
        if (decision(scanner, bytes) != whole) FAIL_CHECK("cut at " << cut);
      }
    }
  }
}

TEST_CASE("a request's parts are found") {
  const RequestHead request =
      parsed("DELETE /a/b?c=d?e HTTP/1.1\r\nHost: example.org:81\r\nX-Y:  z \r\nx-y: w\r\n\r\n");
  CHECK(request.method == Method::delete_);
  CHECK(request.method_text == "DELETE");
  CHECK(request.path == "/a/b");
  CHECK(request.query == "c=d?e");
  CHECK(request.authority == "example.org:81");
  CHECK(request.fields.find("x-y") == "z");
  CHECK(request.fields.count("X-Y") == 2);
  CHECK(request.framing.kind == Framing::Kind::none);
}

TEST_CASE("an absolute target's host counts, not Host") {
  const RequestHead request = parsed("GET http://right:8080?q HTTP/1.1\r\nHost: wrong\r\n\r\n");
  CHECK(request.authority == "right:8080");
  CHECK(request.path == "/");
  CHECK(request.query == "q");
}

TEST_CASE("what follows a head is left for the next message") {
  const std::string_view bytes =
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
  HeadScanner scanner;
  REQUIRE(scanner.scan(bytes) == HeadScanner::State::complete);
  CHECK(bytes.substr(scanner.consumed()).starts_with("GET /2"));
}

TEST_CASE("a connection is kept by default in HTTP/1.1 and on request in HTTP/1.0") {
  const auto keeps = [](const std::string& version, const std::string& fields) {
    return parsed("GET / HTTP/" + version + "\r\nHost: h\r\n" + fields + "\r\n").keep_alive;
  };
  CHECK(keeps("1.1", ""));
  CHECK_FALSE(keeps("1.1", "Connection: close\r\n"));
  CHECK_FALSE(keeps("1.1", "Connection: upgrade\r\nConnection: x, CLOSE\r\n"));
  CHECK_FALSE(keeps("1.0", ""));
  CHECK(keeps("1.0", "Connection: Keep-Alive\r\n"));
  CHECK_FALSE(keeps("1.0", "Connection: keep-alive, close\r\n"));
}

TEST_CASE("a Content-Length too large for 64 bits reads as the largest, not as a small one") {
  const RequestHead request =
      parsed("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551621\r\n\r\n");
  CHECK(request.framing.length == UINT64_MAX);
}
