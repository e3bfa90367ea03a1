// Pace: how patient to be with a peer that sends or takes content. A deadline for the whole would
// forbid large transfers over slow lines; a timeout for each read would let a peer hold a
// connection with a byte now and then. So the peer must keep up a minimum rate on average, after a
// grace. Only time spent waiting for the peer counts, not what we need ourselves.
#pragma once

#include <chrono>
#include <cstdint>

namespace sundog::http {

class Pace {
 public:
  Pace(std::chrono::nanoseconds grace, std::uint64_t bytes_per_second_min)
      : grace_(grace), left_(grace), bytes_per_second_min_(bytes_per_second_min) {}

  // How long the next transfer may take, of `bytes` bytes if all of them are transferred.
  std::chrono::nanoseconds allowance(std::uint64_t bytes = 0) const { return left_ + worth(bytes); }

  // A transfer was waited for and moved `bytes` bytes. A peer cannot save up more than the grace.
  void transferred(std::uint64_t bytes, std::chrono::nanoseconds waited) {
    left_ = left_ + worth(bytes) - waited;
    if (left_ > grace_) left_ = grace_;
  }

  // For the next message.
  void restart() { left_ = grace_; }

 private:
  std::chrono::nanoseconds worth(std::uint64_t bytes) const {
    const std::uint64_t seconds = bytes / bytes_per_second_min_;
    const std::uint64_t rest_bytes = bytes % bytes_per_second_min_;
    constexpr std::uint64_t seconds_max = 1'000'000'000;  // some thirty years
    if (seconds > seconds_max) return std::chrono::seconds(seconds_max);
    return std::chrono::seconds(seconds) +
           std::chrono::nanoseconds(1'000'000'000 * rest_bytes / bytes_per_second_min_);
  }

  std::chrono::nanoseconds grace_;
  std::chrono::nanoseconds left_;
  std::uint64_t bytes_per_second_min_;
};

}  // namespace sundog::http
