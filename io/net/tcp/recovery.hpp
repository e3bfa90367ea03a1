// Recovery: what is done about losses, from when one is found until it is repaired.
//
//            loss found (RACK, duplicates)            all that was sent then is acknowledged
//     open ------------------------------> fast ------------------------------> open
//      | ^                                   |
//      | | all acknowledged, or:             | timeout
//      | | the timeout was spurious          v
//      | +-------------------------------- after_timeout
//      +---------- timeout ------------------^
//
// In fast recovery the congestion window is brought down to the threshold in proportion to what
// arrives (Proportional Rate Reduction, RFC 6937), so that sending never stops for half a round
// trip. After a timeout everything counts as lost, and slow start sends it again; unless F-RTO (RFC
// 5682) finds that the timeout was spurious, since what arrives next was sent before it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sundog/io/net/tcp/congestion.hpp"
#include "sundog/io/net/wire/tcp_sequence.hpp"

namespace sundog::net::tcp {

class Recovery {
 public:
  enum class Phase : std::uint8_t { open, fast, after_timeout };

  Phase phase() const noexcept { return phase_; }
  bool recovering() const noexcept { return phase_ != Phase::open; }
  // All before this is acknowledged when it has ended.
  wire::Sequence point() const noexcept { return point_; }

  // Losses were found. `in_flight`: before they were.
  void enter_fast(wire::Sequence point, std::uint32_t in_flight) noexcept {
    phase_ = Phase::fast;
    point_ = point;
    flight_at_entry_ = std::max(in_flight, std::uint32_t{1});
    delivered_ = 0;
    sent_ = 0;
    first_resent_ = false;
  }
  void enter_after_timeout(wire::Sequence point, bool may_be_spurious) noexcept {
    phase_ = Phase::after_timeout;
    point_ = point;
    spurious_suspected_ = may_be_spurious;
    tries_new_data_ = false;
  }
  void end() noexcept {
    phase_ = Phase::open;
    spurious_suspected_ = false;
  }

  // In fast recovery: an acknowledgement told of `delivered` bytes, and `pipe` are under way now.
  // Gives the congestion window.
  std::uint32_t window_after(std::uint32_t delivered, std::uint32_t pipe, std::uint32_t threshold,
                             std::uint32_t segment_bytes) noexcept {
    delivered_ += delivered;
    std::uint64_t may_send = 0;
    if (pipe > threshold) {
      const std::uint64_t share =
          (delivered_ * threshold + flight_at_entry_ - 1) / flight_at_entry_;
      may_send = share > sent_ ? share - sent_ : 0;
    } else {
      // Slow start reduction bound: towards the threshold, but not in a burst.
      const std::uint64_t behind = delivered_ > sent_ ? delivered_ - sent_ : 0;
      const std::uint64_t limit = std::max<std::uint64_t>(behind, delivered) + segment_bytes;
      may_send = std::min<std::uint64_t>(threshold - pipe, limit);
    }
    // The first segment that is sent again waits for nothing.
    if (!first_resent_) may_send = std::max<std::uint64_t>(may_send, segment_bytes);
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(pipe + may_send, Congestion::no_threshold / 2));
  }
  // In fast recovery: bytes were sent, again or for the first time.
  void sent(std::uint32_t bytes, bool again) noexcept {
    sent_ += bytes;
    first_resent_ = first_resent_ || again;
  }

  // F-RTO: it is still open whether the timeout was spurious.
  bool spurious_suspected() const noexcept { return spurious_suspected_; }
  void suspicion_refuted() noexcept { spurious_suspected_ = false; }
  // ... and one acknowledgement has come, which the segment that was sent again, or the first one,
  // may have brought. The next one tells; until then, new data is sent and not what may be lost.
  bool tries_new_data() const noexcept { return spurious_suspected_ && tries_new_data_; }
  void try_new_data() noexcept { tries_new_data_ = true; }

 private:
  Phase phase_ = Phase::open;
  bool spurious_suspected_ = false;
  bool tries_new_data_ = false;
  bool first_resent_ = false;
  wire::Sequence point_;
  std::uint32_t flight_at_entry_ = 1;
  std::uint64_t delivered_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace sundog::net::tcp
