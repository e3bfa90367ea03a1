// SendWindow: how much the peer has room for, and when it is worth sending into that (RFC 9293
// sections 3.8.6 and 3.10.7.4).
#pragma once

#include <algorithm>
#include <cstdint>

#include "sundog/io/net/wire/tcp_sequence.hpp"

namespace sundog::net::tcp {

class SendWindow {
 public:
  // The window of a segment with SYN is not scaled (RFC 7323 section 2.2).
  void start(std::uint32_t window, wire::Sequence sequence, wire::Sequence acknowledged) noexcept {
    set(window, sequence, acknowledged);
  }
  void set_scale(std::uint8_t scale) noexcept { scale_ = scale; }
  std::uint8_t scale() const noexcept { return scale_; }

  // Of a segment whose acknowledgement is acceptable. An old segment does not change it. Gives
  // whether it has.
  bool update(std::uint16_t window, wire::Sequence sequence, wire::Sequence acknowledged) noexcept {
    const bool is_newer =
        from_ < sequence || (from_ == sequence && acknowledged_by_ <= acknowledged);
    if (!is_newer) return false;
    const std::uint32_t before = size_;
    set(std::uint32_t{window} << scale_, sequence, acknowledged);
    return size_ != before;
  }

  // Bytes from SND.UNA on.
  std::uint32_t size() const noexcept { return size_; }
  std::uint32_t largest() const noexcept { return largest_; }
  // Room from SND.NXT on; none where the peer has shrunk it below that.
  std::uint32_t usable(wire::Sequence unacknowledged, wire::Sequence next) const noexcept {
    const std::int64_t room = std::int64_t{size_} - (next - unacknowledged);
    return room > 0 ? static_cast<std::uint32_t>(room) : 0;
  }
  // Sender's part of avoiding silly windows (RFC 9293 section 3.8.6.2.1): less than a segment is
  // sent into a window only if it is half of the largest that the peer ever had.
  bool worth_filling(std::uint32_t room) const noexcept { return room >= (largest_ + 1) / 2; }

 private:
  void set(std::uint32_t window, wire::Sequence sequence, wire::Sequence acknowledged) noexcept {
    size_ = window;
    largest_ = std::max(largest_, window);
    from_ = sequence;
    acknowledged_by_ = acknowledged;
  }

  std::uint32_t size_ = 0;
  std::uint32_t largest_ = 0;
  wire::Sequence from_;             // "SND.WL1"
  wire::Sequence acknowledged_by_;  // "SND.WL2"
  std::uint8_t scale_ = 0;
};

}  // namespace sundog::net::tcp
