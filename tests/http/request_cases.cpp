#include "tests/http/request_cases.hpp"

#include <vector>

#include "sundog/io/http/limits.hpp"

namespace sundog::http {
namespace {

using enum Status;

std::string get(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}
std::string post(const std::string& fields) {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}
std::string line(const std::string& request_line) { return request_line + "\r\nHost: h\r\n\r\n"; }
std::string host(const std::string& fields) { return "GET / HTTP/1.1\r\n" + fields + "\r\n"; }
std::string repeated(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}
std::string nul(const std::string& before, const std::string& after) {
  return before + '\0' + after;
}

void add_line_cases(std::vector<RequestCase>& cases) {
  const std::string longest(request_line_bytes_max - std::string("GET / HTTP/1.1").size(), 'a');
  const std::vector<RequestCase> more = {
      {"9112/2.2", "the simplest request is accepted", line("GET / HTTP/1.1"), ok},
      {"9112/2.2", "an empty line before the request line is skipped",
       "\r\n" + line("GET / HTTP/1.1"), ok},
      {"9112/2.2", "as many empty lines as allowed are skipped",
       repeated(leading_empty_lines_max, "\r\n") + line("GET / HTTP/1.1"), ok},
      {"9112/2.2", "more empty lines than allowed are refused",
       repeated(leading_empty_lines_max + 1, "\r\n") + line("GET / HTTP/1.1"), bad_request},
      {"9112/2.2", "a bare LF after the request line is refused", "GET / HTTP/1.1\nHost: h\r\n\r\n",
       bad_request},
      {"9112/2.2", "a bare LF before the request line is refused", "\n" + line("GET / HTTP/1.1"),
       bad_request},
      {"9112/2.2", "a bare LF after a field is refused", "GET / HTTP/1.1\r\nHost: h\n\r\n",
       bad_request},
      {"9112/2.2", "a bare LF as the empty line is refused", "GET / HTTP/1.1\r\nHost: h\r\n\n",
       bad_request},
      {"9112/2.2", "a bare CR in the request line is refused", line("GET /\r HTTP/1.1"),
       bad_request},
      {"9112/2.2", "a bare CR in a field is refused", get("A: b\rc\r\n"), bad_request},
      {"9112/2.2", "CR CR LF is refused", "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", bad_request},
      {"9112/2.2", "white space between the request line and the first field is refused",
       "GET / HTTP/1.1\r\n Host: h\r\n\r\n", bad_request},
      {"9112/2.3", "version 1.0 is accepted", "GET / HTTP/1.0\r\n\r\n", ok},
      {"9112/2.3", "version 1.9 is taken for 1.1", line("GET / HTTP/1.9"), ok},
      {"9112/2.3", "version 2.0 is refused", line("GET / HTTP/2.0"), http_version_not_supported},
      {"9112/2.3", "the HTTP/2 preface is refused", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
       http_version_not_supported},
      {"9112/2.3", "version 0.9 is refused", line("GET / HTTP/0.9"), http_version_not_supported},
      {"9112/2.3", "a simple request of HTTP/0.9 is refused", "GET /\r\n\r\n", bad_request},
      {"9112/2.3", "a lower-case version is refused", line("GET / http/1.1"), bad_request},
      {"9112/2.3", "a version without minor is refused", line("GET / HTTP/1"), bad_request},
      {"9112/2.3", "a version of two minor digits is refused", line("GET / HTTP/1.10"),
       bad_request},
      {"9112/2.3", "a version with a comma is refused", line("GET / HTTP/1,1"), bad_request},
      {"9112/2.3", "another protocol is refused", line("GET / ICAP/1.0"), bad_request},
      {"9112/3", "two spaces before the target are refused", line("GET  / HTTP/1.1"), bad_request},
      {"9112/3", "two spaces before the version are refused", line("GET /  HTTP/1.1"), bad_request},
      {"9112/3", "a space behind the version is refused", line("GET / HTTP/1.1 "), bad_request},
      {"9112/3", "a space before the method is refused", line(" GET / HTTP/1.1"), bad_request},
      {"9112/3", "a tab for a space is refused", line("GET\t/\tHTTP/1.1"), bad_request},
      {"9112/3", "a space in the target is refused", line("GET /a b HTTP/1.1"), bad_request},
      {"9112/3", "a missing target is refused", line("GET HTTP/1.1"), bad_request},
      {"9112/3", "the longest allowed request line is accepted",
       line("GET /" + longest + " HTTP/1.1"), ok},
      {"9112/3", "a longer request line is refused", line("GET /a" + longest + " HTTP/1.1"),
       uri_too_long},
      {"9112/3", "an endless request line is refused", "GET /" + std::string(100'000, 'a'),
       uri_too_long},
      {"9112/3.1", "a method that is no token is refused", line("G(T / HTTP/1.1"), bad_request},
      {"9112/3.1", "an empty method is refused", line(" / HTTP/1.1"), bad_request},
      {"9110/9.1", "an unknown method is not implemented", line("BREW / HTTP/1.1"),
       not_implemented},
      {"9110/9.1", "methods are case-sensitive", line("get / HTTP/1.1"), not_implemented},
      {"9110/9.3", "HEAD is accepted", line("HEAD / HTTP/1.1"), ok},
      {"9110/9.3", "DELETE is accepted", line("DELETE /a HTTP/1.1"), ok},
  };
  cases.insert(cases.end(), more.begin(), more.end());
}

void add_target_and_host_cases(std::vector<RequestCase>& cases) {
  const std::vector<RequestCase> more = {
      {"9112/3.2.1", "a target with a query is accepted", line("GET /a?b=c&d=/?e HTTP/1.1"), ok},
      {"9112/3.2.1", "a target that begins without a slash is refused", line("GET a HTTP/1.1"),
       bad_request},
      {"9112/3.2.1", "a fragment in the target is refused", line("GET /a#b HTTP/1.1"), bad_request},
      {"9112/3.2.1", "bytes beyond ASCII in the target are refused", line("GET /\xc3\xa4 HTTP/1.1"),
       bad_request},
      {"9112/3.2.1", "NUL in the target is refused", nul("GET /a", "b HTTP/1.1\r\nHost: h\r\n\r\n"),
       bad_request},
      {"9112/3.2.1", "DEL in the target is refused", line("GET /\x7f HTTP/1.1"), bad_request},
      {"9112/3.2.2", "an absolute target is accepted", line("GET http://other/a?b HTTP/1.1"), ok},
      {"9112/3.2.2", "an absolute target's scheme is case-insensitive",
       line("GET HTTP://other HTTP/1.1"), ok},
      {"9112/3.2.2", "an absolute target still needs Host", "GET http://other/ HTTP/1.1\r\n\r\n",
       bad_request},
      {"9112/3.2.2", "an absolute target without host is refused", line("GET http:///a HTTP/1.1"),
       bad_request},
      {"9112/3.2.2", "user information in the target is refused", line("GET http://u@h/ HTTP/1.1"),
       bad_request},
      {"9112/3.2.2", "another scheme is refused", line("GET ftp://h/ HTTP/1.1"), bad_request},
      {"9112/3.2.3", "CONNECT with host and port is well-formed", line("CONNECT h:443 HTTP/1.1"),
       ok},
      {"9112/3.2.3", "CONNECT without a port is refused", line("CONNECT h HTTP/1.1"), bad_request},
      {"9112/3.2.3", "CONNECT with a path is refused", line("CONNECT /a HTTP/1.1"), bad_request},
      {"9112/3.2.4", "OPTIONS * is accepted", line("OPTIONS * HTTP/1.1"), ok},
      {"9112/3.2.4", "GET * is refused", line("GET * HTTP/1.1"), bad_request},
      {"9112/3.2", "HTTP/1.1 without Host is refused", "GET / HTTP/1.1\r\n\r\n", bad_request},
      {"9112/3.2", "HTTP/1.0 with Host is accepted", "GET / HTTP/1.0\r\nHost: h\r\n\r\n", ok},
      {"9112/3.2", "two Hosts are refused", host("Host: a\r\nHost: b\r\n"), bad_request},
      {"9112/3.2", "two equal Hosts are refused", host("Host: a\r\nHost: a\r\n"), bad_request},
      {"9112/3.2", "two Hosts are refused in HTTP/1.0 too",
       "GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n", bad_request},
      {"9112/3.2", "an empty Host is accepted", host("Host:\r\n"), ok},
      {"9112/3.2", "a Host with port is accepted", host("Host: example.org:8080\r\n"), ok},
      {"9112/3.2", "a Host with an empty port is accepted", host("Host: example.org:\r\n"), ok},
      {"9112/3.2", "an IPv6 Host is accepted", host("Host: [::1]:80\r\n"), ok},
      {"9112/3.2", "a broken IPv6 Host is refused", host("Host: [::1\r\n"), bad_request},
      {"9112/3.2", "a Host with a path is refused", host("Host: a/b\r\n"), bad_request},
      {"9112/3.2", "a Host with user information is refused", host("Host: u@a\r\n"), bad_request},
      {"9112/3.2", "a Host with a space is refused", host("Host: a b\r\n"), bad_request},
      {"9112/3.2", "a Host list is refused", host("Host: a, b\r\n"), bad_request},
      {"9112/3.2", "a Host whose port is no number is refused", host("Host: a:b\r\n"), bad_request},
      {"9112/3.2", "a Host whose port is too large is refused", host("Host: a:65536\r\n"),
       bad_request},
  };
  cases.insert(cases.end(), more.begin(), more.end());
}

void add_field_cases(std::vector<RequestCase>& cases) {
  const std::string fill(field_section_bytes_max - std::string("Host: h\r\nA: \r\n").size(), 'a');
  const std::vector<RequestCase> more = {
      {"9112/5", "a field name's case does not matter", host("hOsT: h\r\n"), ok},
      {"9112/5", "a field without a colon is refused", get("Abc\r\n"), bad_request},
      {"9112/5", "a field without a name is refused", get(": a\r\n"), bad_request},
      {"9112/5", "a field name with a space is refused", get("A b: c\r\n"), bad_request},
      {"9112/5", "a field name beyond ASCII is refused", get("\xc3\xa4: c\r\n"), bad_request},
      {"9112/5", "an empty value is accepted", get("A:\r\n"), ok},
      {"9112/5", "white space around a value is accepted", get("A: \t b \t\r\n"), ok},
      {"9112/5", "no white space before a value is accepted", get("A:b\r\n"), ok},
      {"9112/5.1", "a space before the colon is refused", get("A : b\r\n"), bad_request},
      {"9112/5.1", "a tab before the colon is refused", get("A\t: b\r\n"), bad_request},
      {"9112/5.1", "a space before Content-Length's colon is refused",
       post("Content-Length : 0\r\n"), bad_request},
      {"9112/5.2", "a folded field is refused", get("A: b\r\n c\r\n"), bad_request},
      {"9112/5.2", "a field folded with a tab is refused", get("A: b\r\n\tc\r\n"), bad_request},
      {"9110/5.5", "NUL in a value is refused",
       nul("GET / HTTP/1.1\r\nHost: h\r\nA: b", "c\r\n\r\n"), bad_request},
      {"9110/5.5", "a control character in a value is refused", get("A: b\x01\r\n"), bad_request},
      {"9110/5.5", "DEL in a value is refused", get("A: b\x7f\r\n"), bad_request},
      {"9110/5.5", "bytes beyond ASCII in a value are accepted", get("A: \xc3\xa4\xff\r\n"), ok},
      {"9110/5.4", "as many fields as allowed are accepted",
       get(repeated(field_count_max - 1, "A: b\r\n")), ok},
      {"9110/5.4", "one field more is refused", get(repeated(field_count_max, "A: b\r\n")),
       request_header_fields_too_large},
      {"9110/5.4", "fields as long as allowed are accepted", get("A: " + fill + "\r\n"), ok},
      {"9110/5.4", "fields longer than allowed are refused", get("A: aaa" + fill + "\r\n"),
       request_header_fields_too_large},
      {"9110/5.4", "an endless field is refused",
       "GET / HTTP/1.1\r\nA: " + std::string(100'000, 'a'), request_header_fields_too_large},
      {"9110/10.1.1", "Expect: 100-continue is accepted",
       post("Expect: 100-Continue\r\nContent-Length: 1\r\n"), ok},
      {"9110/10.1.1", "another expectation fails", get("Expect: a-miracle\r\n"),
       expectation_failed},
      {"9110/10.1.1", "HTTP/1.0 expectations are ignored",
       "GET / HTTP/1.0\r\nExpect: a-miracle\r\n\r\n", ok},
  };
  cases.insert(cases.end(), more.begin(), more.end());
}

void add_framing_cases(std::vector<RequestCase>& cases) {
  const std::string te = "Transfer-Encoding: ";
  const std::vector<RequestCase> more = {
      {"9112/6.1", "chunked is accepted", post(te + "chunked\r\n"), ok},
      {"9112/6.1", "chunked in capitals is accepted", post(te + "CHUNKED\r\n"), ok},
      {"9112/6.1", "GET may have content", get(te + "chunked\r\n"), ok},
      {"9112/6.1", "Transfer-Encoding with Content-Length is refused",
       post(te + "chunked\r\nContent-Length: 3\r\n"), bad_request},
      {"9112/6.1", "Content-Length with Transfer-Encoding is refused",
       post("Content-Length: 3\r\n" + te + "chunked\r\n"), bad_request},
      {"9112/6.1", "Transfer-Encoding in HTTP/1.0 is refused",
       "POST / HTTP/1.0\r\n" + te + "chunked\r\n\r\n", bad_request},
      {"9112/6.1", "another coding before chunked is not implemented",
       post(te + "gzip, chunked\r\n"), not_implemented},
      {"9112/6.1", "another coding in a field of its own is not implemented",
       post(te + "gzip\r\n" + te + "chunked\r\n"), not_implemented},
      {"9112/6.1", "chunked twice is refused", post(te + "chunked, chunked\r\n"), bad_request},
      {"9112/6.1", "chunked twice in two fields is refused",
       post(te + "chunked\r\n" + te + "chunked\r\n"), bad_request},
      {"9112/6.3", "a coding that is not chunked at the end is refused",
       post(te + "chunked, gzip\r\n"), bad_request},
      {"9112/6.3", "identity is refused", post(te + "identity\r\n"), bad_request},
      {"9112/6.3", "an unknown last coding is refused", post(te + "xchunked\r\n"), bad_request},
      {"9112/6.3", "chunked with a parameter is refused", post(te + "chunked;a=b\r\n"),
       bad_request},
      {"9112/6.3", "chunked in quotes is refused", post(te + "\"chunked\"\r\n"), bad_request},
      {"9112/6.3", "chunked behind a vertical tab is refused",
       post(te + "\x0b"
                 "chunked\r\n"),
       bad_request},
      {"9112/6.3", "an empty Transfer-Encoding is refused", post(te + "\r\n"), bad_request},
      {"9112/6.3", "an empty Transfer-Encoding with Content-Length is refused",
       post(te + "\r\nContent-Length: 3\r\n"), bad_request},
      {"9112/6.2", "a Content-Length is accepted", post("Content-Length: 42\r\n"), ok},
      {"9112/6.2", "a Content-Length with zeros before it is accepted",
       post("Content-Length: 0042\r\n"), ok},
      {"9112/6.3", "two different Content-Lengths are refused",
       post("Content-Length: 3\r\nContent-Length: 4\r\n"), bad_request},
      {"9112/6.3", "two equal Content-Lengths are refused",
       post("Content-Length: 3\r\nContent-Length: 3\r\n"), bad_request},
      {"9112/6.3", "a list of Content-Lengths is refused", post("Content-Length: 3, 3\r\n"),
       bad_request},
      {"9112/6.3", "a signed Content-Length is refused", post("Content-Length: +3\r\n"),
       bad_request},
      {"9112/6.3", "a negative Content-Length is refused", post("Content-Length: -1\r\n"),
       bad_request},
      {"9112/6.3", "a hexadecimal Content-Length is refused", post("Content-Length: 0x3\r\n"),
       bad_request},
      {"9112/6.3", "a Content-Length with a fraction is refused", post("Content-Length: 3.0\r\n"),
       bad_request},
      {"9112/6.3", "a Content-Length with a space in it is refused",
       post("Content-Length: 3 4\r\n"), bad_request},
      {"9112/6.3", "an empty Content-Length is refused", post("Content-Length:\r\n"), bad_request},
      {"9112/6.3", "a Content-Length in other digits is refused",
       post("Content-Length: \xd9\xa3\r\n"), bad_request},
      {"9112/6.3", "POST without a length has no content", post(""), ok},
      {"9112/6.3", "PUT without a length has no content", line("PUT /a HTTP/1.1"), ok},
      {"9112/6.3", "GET without a length has no content", get(""), ok},
  };
  cases.insert(cases.end(), more.begin(), more.end());
}

}  // namespace

std::span<const RequestCase> request_cases() {
  static const std::vector<RequestCase> cases = [] {
    std::vector<RequestCase> all;
    add_line_cases(all);
    add_target_and_host_cases(all);
    add_field_cases(all);
    add_framing_cases(all);
    return all;
  }();
  return cases;
}

}  // namespace sundog::http
