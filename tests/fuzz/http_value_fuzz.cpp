// The values of single fields: dates, ranges, URLs. What is read and written again reads the same;
// a range stays within the representation.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sundog/io/http/date.hpp"
#include "sundog/io/http/range.hpp"
#include "sundog/io/http/text.hpp"
#include "sundog/io/http/url.hpp"

using namespace sundog::http;

namespace {

void check_date(std::string_view text) {
  const auto seconds = parse_date(text);
  if (!seconds || *seconds > date_seconds_max) return;
  const auto written = format_date(*seconds);
  if (parse_date({written.data(), written.size()}) != seconds) std::abort();
}

void check_range(std::string_view text, std::uint64_t size) {
  ByteRange range;
  if (select_range(text, size, range) != RangeAnswer::part) return;
  if (range.length == 0 || range.first >= size || range.length > size - range.first) std::abort();
}

void check_url(std::string_view text) {
  Url url;
  if (parse_url(text, url)) return;
  if (url.host.empty() || url.port == 0 || url.target.empty() || url.target.front() != '/')
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_date(text);
  for (const std::uint64_t representation :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, UINT64_MAX}) {
    check_range(text, representation);
  }
  check_url(text);
  std::size_t listed = 0;
  for (ListElements elements(text); const auto element = elements.next();)
    listed += element->size();
  if (listed > text.size()) std::abort();
  return 0;
}
