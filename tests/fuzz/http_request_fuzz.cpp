// Requests from anybody: whole and in pieces they are judged alike, every view stays within the
// bytes received, and what is accepted obeys the rules that keep two readers from disagreeing (RFC
// 9112 sections 3.2 and 6).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sundog/io/http/conditions.hpp"
#include "sundog/io/http/head_scanner.hpp"
#include "sundog/io/http/path.hpp"
#include "sundog/io/http/request_head.hpp"

using namespace sundog::http;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void must_be_within(std::string_view part, std::string_view whole) {
  must(part.empty() ||
       (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()));
}

void check_accepted(const RequestHead& request, std::string_view head) {
  for (const std::string_view part : {request.method_text, request.target, request.query})
    must_be_within(part, head);
  for (const Field& field : request.fields.all()) {
    must_be_within(field.name, head);
    must_be_within(field.value, head);
    must(is_token(field.name));
    must(field.value.find_first_of(std::string_view("\r\n\0", 3)) == field.value.npos);
  }
  must(request.fields.count("Host") == 1 || request.version_minor == 0);
  const bool has_length = request.fields.count("Content-Length") != 0;
  const bool has_coding = request.fields.count("Transfer-Encoding") != 0;
  must(!(has_length && has_coding));
  must(has_length == (request.framing.kind == Framing::Kind::length));
  must(has_coding == (request.framing.kind == Framing::Kind::chunked));

  DecodedPath path;
  if (!path.decode(request.path)) {
    const std::string key = '/' + std::string(path.key()) + '/';
    must(key.find("/../") == key.npos && key.find("/./") == key.npos && key.find('\0') == key.npos);
    must(path.key().empty() || key.find("//") >= key.size() - 2);
  }
  evaluate_conditions(request, {"\"tag\"", 784111777});
  may_use_range(request, {"\"tag\"", 784111777});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  HeadScanner whole;
  whole.scan(bytes);

  HeadScanner pieces;  // of lengths that the input itself chooses
  for (std::size_t end = 0; end < size && !pieces.complete() && !pieces.refused();) {
    end += 1 + data[end] % 7;
    pieces.scan(bytes.substr(0, end));
  }
  must(whole.state() == pieces.state());
  if (whole.refused()) must(whole.refusal().why == pieces.refusal().why);
  if (!whole.complete()) return 0;

  must(whole.consumed() == pieces.consumed() && whole.consumed() <= size);
  const std::string_view head = whole.head(bytes);
  must_be_within(head, bytes);
  RequestHead request;
  if (!parse_request_head(head, request)) check_accepted(request, head);
  return 0;
}
