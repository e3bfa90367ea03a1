// RateLimit: a token bucket: a limit on how many at once, and how many a second in the long run.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "sundog/io/net/limits.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::net {

class RateLimit {
 public:
  constexpr RateLimit(std::uint32_t burst, std::uint32_t per_second) noexcept
      : burst_(burst), apart_(Duration(std::chrono::seconds(1)) / per_second) {}

  // Whether another one may go now; it counts then.
  bool take(TimePoint now) noexcept {
    // Kept as the time by which all that went would have gone at the steady pace.
    const TimePoint paid = std::max(paid_until_, now - apart_ * burst_);
    if (paid + apart_ > now) return false;
    paid_until_ = paid + apart_;
    return true;
  }

 private:
  std::int64_t burst_;
  Duration apart_;
  TimePoint paid_until_{};
};

// What both versions of ICMP send together.
struct IcmpLimits {
  RateLimit errors{limits::error_burst, limits::errors_per_second};
  RateLimit echoes{limits::echo_burst, limits::echoes_per_second};
};

}  // namespace sundog::net
