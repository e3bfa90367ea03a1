// RoundTrip: how long it takes until a segment is acknowledged, and from that the retransmission
// timeout (RFC 6298).
#pragma once

#include <algorithm>

#include "sundog/io/net/tcp/limits.hpp"

namespace sundog::net::tcp {

class RoundTrip {
 public:
  // Measured on a segment that was sent once (Karn's algorithm is the caller's). Samples of zero,
  // on one machine, count as the clock's granularity.
  void sample(Duration measured) noexcept {
    latest_ = measured;
    smallest_ = known() ? std::min(smallest_, measured) : measured;
    if (!known()) {
      smoothed_ = measured;
      variation_ = measured / 2;
      known_ = true;
    } else {
      const Duration difference =
          smoothed_ < measured ? measured - smoothed_ : smoothed_ - measured;
      variation_ += (difference - variation_) / 4;
      smoothed_ += (measured - smoothed_) / 8;
    }
    timeout_ =
        std::clamp(smoothed_ + std::max(clock_granularity, 4 * variation_), rto_min, rto_max);
  }

  bool known() const noexcept { return known_; }
  Duration smoothed() const noexcept { return smoothed_; }
  Duration variation() const noexcept { return variation_; }
  // Of all samples ("min_RTT" of RFC 8985).
  Duration smallest() const noexcept { return smallest_; }
  Duration latest() const noexcept { return latest_; }

  // RTO, doubled for each timeout in a row.
  Duration timeout(unsigned timeouts) const noexcept {
    Duration timeout = timeout_;
    for (; timeouts != 0 && timeout < rto_max; --timeouts) timeout *= 2;
    return std::min(timeout, rto_max);
  }
  // Before the first sample: another start than rto_initial.
  void start_with(Duration timeout) noexcept {
    if (!known()) timeout_ = timeout;
  }

 private:
  Duration smoothed_{0};
  Duration variation_{0};
  Duration smallest_{0};
  Duration latest_{0};
  Duration timeout_ = rto_initial;
  bool known_ = false;
};

}  // namespace sundog::net::tcp
