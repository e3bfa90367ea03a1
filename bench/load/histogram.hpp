// Histogram: latencies counted in buckets whose width grows with the latency, 64 to each power of
// two, so that any percentile is right to 1.6 % and counting one takes a few nanoseconds.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sundog::bench {

class Histogram {
 public:
  void count(std::uint64_t value) {
    ++counts_[bucket_of(value)];
    ++total_;
    max_ = std::max(max_, value);
  }

  void clear() { *this = Histogram(); }

  std::uint64_t total() const { return total_; }
  std::uint64_t max() const { return max_; }

  // The least value that `fraction` of those counted do not exceed; 0 when nothing was counted.
  std::uint64_t quantile(double fraction) const {
    const auto wanted = static_cast<std::uint64_t>(fraction * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen > wanted) return std::min(end_of(bucket), max_);
    }
    return max_;
  }

 private:
  static constexpr unsigned sub_bits = 6;
  static constexpr std::size_t sub_count = std::size_t{1} << sub_bits;
  static constexpr unsigned value_bits =
      40;  // 18 minutes in nanoseconds; longer ones count as that

  // Values below 64 have a bucket each; above, the highest seven bits choose it.
  static std::size_t bucket_of(std::uint64_t value) {
    value = std::min(value, (std::uint64_t{1} << value_bits) - 1);
    if (value < sub_count) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
    return shift * sub_count + (value >> shift);
  }

  static std::uint64_t end_of(std::size_t bucket) {
    if (bucket < 2 * sub_count) return bucket;
    const std::size_t shift = bucket / sub_count - 1;
    const std::uint64_t top = bucket % sub_count + sub_count;
    return ((top + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (value_bits - sub_bits + 1) * sub_count> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace sundog::bench
