// Congestion: how much may be under way (RFC 5681), behind one seam: Cubic and NewReno fulfil it.
//
// A controller is told what was acknowledged and what was lost, and answers with the congestion
// window, in bytes. How the window is approached while losses are repaired is the Recovery's
// business (recovery.hpp).
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "sundog/io/net/tcp/limits.hpp"

namespace sundog::net::tcp {

class Congestion {
 public:
  static constexpr std::uint32_t no_threshold = std::numeric_limits<std::uint32_t>::max();

  virtual const char* name() const noexcept = 0;

  // The connection begins: RFC 6928's window. `segment_bytes` is what a full segment carries.
  void start(std::uint32_t segment_bytes) noexcept {
    segment_bytes_ = segment_bytes;
    window_ = initial_window();
  }
  void set_segment_bytes(std::uint32_t segment_bytes) noexcept {
    segment_bytes_ = segment_bytes;
    window_ = std::max(window_, segment_bytes);
  }

  std::uint32_t window() const noexcept { return window_; }
  // "ssthresh"
  std::uint32_t threshold() const noexcept { return threshold_; }
  bool in_slow_start() const noexcept { return window_ < threshold_; }

  // So many bytes were acknowledged, nothing is being repaired, and the window was what limited the
  // sender.
  void acknowledged(std::uint32_t bytes, Duration round_trip, TimePoint now) noexcept {
    if (in_slow_start()) {
      const std::uint32_t grown = std::min(bytes, threshold_ - window_);
      window_ += grown;
      bytes -= grown;
      if (bytes == 0) return;
    }
    avoid(bytes, round_trip, now);
    window_ = std::min(window_, window_max);
  }
  // Something was lost, for the first time since what was lost before was repaired. `in_flight`: of
  // the moment before. The threshold follows; the window is the Recovery's until it has ended.
  void lost(std::uint32_t in_flight, TimePoint now) noexcept {
    before_ = {window_, threshold_};
    save();
    threshold_ = std::max(reduced(in_flight, now), 2 * segment_bytes_);
  }
  // What was taken for a loss was none: as before.
  void undo() noexcept {
    window_ = std::max(window_, before_.window);
    threshold_ = before_.threshold;
    restore();
  }
  void set_window(std::uint32_t bytes) noexcept { window_ = std::max(bytes, segment_bytes_); }
  // Nothing was sent for longer than a retransmission timeout: the window is not trusted any more
  // (RFC 5681 section 4.1).
  void idled() noexcept {
    window_ = std::min(window_, initial_window());
    forget_epoch();
  }
  // A timeout: nothing is known of the path any more.
  void timed_out() noexcept {
    window_ = segment_bytes_;
    forget_epoch();
  }

 protected:
  static constexpr std::uint32_t window_max = std::uint32_t{1} << 30;
  ~Congestion() = default;

  // Congestion avoidance: changes window_.
  virtual void avoid(std::uint32_t bytes, Duration round_trip, TimePoint now) noexcept = 0;
  // The window after a loss.
  virtual std::uint32_t reduced(std::uint32_t in_flight, TimePoint now) noexcept = 0;
  // What undo() brings back of the controller's own.
  virtual void save() noexcept = 0;
  virtual void restore() noexcept = 0;
  virtual void forget_epoch() noexcept = 0;

  std::uint32_t initial_window() const noexcept {
    return std::min(initial_window_segments * segment_bytes_,
                    std::max(2 * segment_bytes_, initial_window_bytes));
  }

  std::uint32_t segment_bytes_ = segment_bytes_default4;
  std::uint32_t window_ = 0;
  std::uint32_t threshold_ = no_threshold;

 private:
  struct Before {
    std::uint32_t window = 0;
    std::uint32_t threshold = no_threshold;
  };
  Before before_;
};

}  // namespace sundog::net::tcp
