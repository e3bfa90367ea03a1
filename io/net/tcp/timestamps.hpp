// Timestamps: the clock that we show the peer, what we echo of the peer's, and the protection
// against segments of a former round of sequence numbers, PAWS (RFC 7323).
#pragma once

#include <cstdint>

#include "sundog/io/net/wire/tcp_options.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::net::tcp {

class Timestamps {
 public:
  // After so long without a segment, the peer's clock may have wrapped around (section 5.5).
  static constexpr Duration recent_valid = std::chrono::hours(24 * 24);

  // `offset`: a random number, so that the clock does not tell how long the machine runs (section
  // 5.4).
  void start(std::uint32_t offset) noexcept { offset_ = offset; }

  // Both ends have agreed on them.
  bool on() const noexcept { return on_; }
  void turn_on(std::uint32_t of_peer, TimePoint now) noexcept {
    on_ = true;
    remember(of_peer, now);
  }

  // Milliseconds.
  std::uint32_t clock(TimePoint now) const noexcept {
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
    return static_cast<std::uint32_t>(elapsed.count()) + offset_;
  }
  wire::TcpTimestamps option(TimePoint now) const noexcept { return {clock(now), recent_}; }
  // How long ago the clock showed this, which the peer has echoed; as exact as the clock.
  Duration since(std::uint32_t echoed, TimePoint now) const noexcept {
    return std::chrono::milliseconds(clock(now) - echoed);
  }

  std::uint32_t recent() const noexcept { return recent_; }
  void remember(std::uint32_t of_peer, TimePoint now) noexcept {
    recent_ = of_peer;
    recent_at_ = now;
  }
  // It is older than one that came before: the segment is a duplicate of long ago.
  bool outdated(std::uint32_t of_peer, TimePoint now) const noexcept {
    return is_before(of_peer, recent_) && now - recent_at_ < recent_valid;
  }
  static bool is_before(std::uint32_t a, std::uint32_t b) noexcept {
    return static_cast<std::int32_t>(a - b) < 0;
  }

 private:
  std::uint32_t offset_ = 0;
  std::uint32_t recent_ = 0;  // "TS.Recent"
  TimePoint recent_at_;
  bool on_ = false;
};

}  // namespace sundog::net::tcp
