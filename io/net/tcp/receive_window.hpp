// ReceiveWindow: how much room the peer is told of, when it is told of more, and how the room grows
// with what the path brings.
//
// The right edge that was advertised never moves back (RFC 9293 section 3.8.6), and forward only by
// a segment or half the buffer at least (section 3.8.6.2.2), so that no silly windows come about.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "sundog/io/net/tcp/limits.hpp"
#include "sundog/io/net/wire/tcp_sequence.hpp"

namespace sundog::net::tcp {

class ReceiveWindow {
 public:
  // Shifts the field so far that the largest buffer can be said.
  static constexpr std::uint8_t scale_for(std::uint32_t buffer_max) noexcept {
    const int bits = static_cast<int>(std::bit_width(buffer_max));
    return static_cast<std::uint8_t>(std::clamp(bits - 16, 0, 14));
  }

  void start(wire::Sequence next, std::uint32_t buffer_max) noexcept {
    buffer_max_ = buffer_max;
    buffer_ = std::min(buffer_max, receive_buffer_initial);
    edge_ = next;
    taken_in_round_ = 0;
  }
  void set_scale(std::uint8_t scale) noexcept { scale_ = scale; }
  std::uint8_t scale() const noexcept { return scale_; }

  std::uint32_t buffer_bytes() const noexcept { return buffer_; }
  // Bytes before this place may come.
  wire::Sequence edge() const noexcept { return edge_; }
  std::uint32_t advertised(wire::Sequence next) const noexcept {
    return edge_ < next ? 0 : edge_.since(next);
  }

  // For an acknowledgement that is being written: `unread` bytes before `next` wait for the
  // application. Gives the field of the header; in a segment with SYN it is not scaled.
  std::uint16_t advertise(wire::Sequence next, std::uint32_t unread, std::uint32_t segment_bytes,
                          bool with_syn) noexcept {
    const wire::Sequence wanted = next + (unread < buffer_ ? buffer_ - unread : 0);
    const std::int32_t forward = wanted - later(edge_, next);
    if (forward > 0 && static_cast<std::uint32_t>(forward) >= step(segment_bytes)) edge_ = wanted;
    edge_ = later(edge_, next);
    const std::uint8_t shift = with_syn ? 0 : scale_;
    const std::uint32_t field = std::min(edge_.since(next) >> shift, std::uint32_t{0xffff});
    // What cannot be said was not said. (Rounding down may take the edge back by less than a unit,
    // which the peer learnt already: it stays.)
    const wire::Sequence said = next + (field << shift);
    if (edge_ - said >= (std::int32_t{1} << shift)) edge_ = said;
    return static_cast<std::uint16_t>(field);
  }

  // The application has read: the peer should be told now, since it may be waiting for that, or
  // half the buffer has become free.
  bool update_due(wire::Sequence next, std::uint32_t unread,
                  std::uint32_t segment_bytes) const noexcept {
    const std::uint32_t free = unread < buffer_ ? buffer_ - unread : 0;
    const std::uint32_t told = advertised(next);
    if (free <= told) return false;
    const std::uint32_t forward = free - told;
    if (forward >= buffer_ / 2) return true;
    return told < 2 * segment_bytes && forward >= step(segment_bytes);
  }

  // Dynamic right-sizing (Fisk and Feng, 2001): the application has taken `bytes`; when it took
  // more in a round trip than half the buffer, the buffer is what limits the peer, and doubles.
  // `may_grow`: there is memory.
  void consumed(std::uint32_t bytes, Duration round_trip, TimePoint now, bool may_grow) noexcept {
    taken_in_round_ += bytes;
    if (now - round_began_ < std::max(round_trip, clock_granularity)) return;
    if (may_grow && taken_in_round_ * 2 > buffer_) {
      const std::uint64_t wanted = taken_in_round_ * 2;
      buffer_ = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(wanted, buffer_, buffer_max_));
    }
    taken_in_round_ = 0;
    round_began_ = now;
  }

 private:
  std::uint32_t step(std::uint32_t segment_bytes) const noexcept {
    return std::min(segment_bytes, buffer_ / 2);
  }

  std::uint32_t buffer_ = receive_buffer_initial;
  std::uint32_t buffer_max_ = receive_buffer_max;
  wire::Sequence edge_;
  std::uint8_t scale_ = 0;
  // What was taken in this round trip, and when that began.
  std::uint64_t taken_in_round_ = 0;
  TimePoint round_began_;
};

}  // namespace sundog::net::tcp
