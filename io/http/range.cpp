#include "sundog/io/http/range.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "sundog/io/http/limits.hpp"
#include "sundog/io/http/text.hpp"

namespace sundog::http {
namespace {

enum class Spec { malformed, empty, part };

// first "-" [last], or "-" suffix-length. Spec::empty: well-formed, but beyond the representation.
Spec parse_spec(std::string_view spec, std::uint64_t size, ByteRange& range) {
  const std::size_t dash = spec.find('-');
  if (dash == spec.npos) return Spec::malformed;
  const std::string_view last_text = spec.substr(dash + 1);
  const auto last = parse_decimal(last_text);
  if (!last && !last_text.empty()) return Spec::malformed;
  if (dash == 0) {
    if (!last) return Spec::malformed;
    const std::uint64_t length = std::min(*last, size);
    range = ByteRange{size - length, length};
    return length == 0 ? Spec::empty : Spec::part;
  }
  const auto first = parse_decimal(spec.substr(0, dash));
  if (!first || (last && *last < *first)) return Spec::malformed;
  if (*first >= size) return Spec::empty;
  range = ByteRange{*first, std::min(last.value_or(size - 1), size - 1) - *first + 1};
  return Spec::part;
}

// The single range that all of them make together, or nothing when there are gaps.
std::optional<ByteRange> joined(std::span<ByteRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.first < b.first; });
  ByteRange whole = ranges.front();
  for (const ByteRange& range : ranges.subspan(1)) {
    const std::uint64_t end = whole.first + whole.length;
    if (range.first > end) return std::nullopt;
    whole.length = std::max(end, range.first + range.length) - whole.first;
  }
  return whole;
}

}  // namespace

RangeAnswer select_range(std::string_view value, std::uint64_t size, ByteRange& range) {
  constexpr std::string_view unit = "bytes=";
  if (!equals_ignoring_case(value.substr(0, unit.size()), unit)) return RangeAnswer::whole;
  std::array<ByteRange, range_count_max> ranges;
  std::size_t count = 0;
  std::size_t seen = 0;
  ListElements specs(value.substr(unit.size()));
  while (const auto spec = specs.next()) {
    if (++seen > ranges.size()) return RangeAnswer::whole;
    switch (parse_spec(*spec, size, ranges[count])) {
      case Spec::malformed:
        return RangeAnswer::whole;
      case Spec::empty:
        break;
      case Spec::part:
        ++count;
        break;
    }
  }
  if (seen == 0) return RangeAnswer::whole;
  if (count == 0) return RangeAnswer::unsatisfiable;
  const auto single = joined(std::span(ranges).first(count));
  if (!single) return RangeAnswer::whole;
  range = *single;
  return RangeAnswer::part;
}

}  // namespace sundog::http
