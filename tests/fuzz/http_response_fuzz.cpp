// Responses from any server: the head is parsed within its bytes, and its Location resolves to a
// URL that can be written into a request without breaking it apart.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sundog/io/http/head_scanner.hpp"
#include "sundog/io/http/head_writer.hpp"
#include "sundog/io/http/response_head.hpp"
#include "sundog/io/http/url.hpp"

using namespace sundog::http;

namespace {

void check_location(std::string_view location) {
  Url url;
  if (parse_url("http://example.org/a/b?c", url)) std::abort();
  if (resolve_url(url, location, url)) return;
  if (url.host.empty() || url.target.size() > 8192) return;
  std::array<char, 32768> space;
  HeadWriter writer(space);
  writer.request_line("GET",
                      url.target);  // throws, which libFuzzer reports, if the target is unfit
  writer.field("Host", url.authority());
  Url again;
  if (parse_url("http://" + url.authority() + url.target, again)) std::abort();
  if (again.host != url.host || again.port != url.port) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  HeadScanner scanner;
  if (scanner.scan(bytes) != HeadScanner::State::complete) return 0;
  for (const bool to_head : {false, true}) {
    ResponseHead response;
    std::string head(scanner.head(bytes));
    if (parse_response_head(head, to_head, response)) continue;
    if (to_head && response.framing.kind != Framing::Kind::none) std::abort();
    if (const auto location = response.fields.find("Location")) check_location(*location);
  }
  return 0;
}
