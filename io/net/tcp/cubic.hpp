// Cubic: after a loss the window grows along a cubic curve of the time, which is flat around where
// the loss was, and never slower than NewReno would (RFC 9438).
#pragma once

#include <cstdint>

#include "sundog/io/net/tcp/congestion.hpp"

namespace sundog::net::tcp {

class Cubic final : public Congestion {
 public:
  const char* name() const noexcept override { return "cubic"; }

 private:
  void avoid(std::uint32_t bytes, Duration round_trip, TimePoint now) noexcept override;
  std::uint32_t reduced(std::uint32_t in_flight, TimePoint now) noexcept override;
  void save() noexcept override { saved_ = curve_; }
  void restore() noexcept override { curve_ = saved_; }
  void forget_epoch() noexcept override { curve_.began = false; }

  // Sizes in bytes, as real numbers: growth by ack is a fraction of a byte at times.
  struct Curve {
    bool began = false;
    TimePoint epoch;             // when congestion avoidance began
    double plateau = 0;          // "W_max"
    double plateau_after_s = 0;  // "K": when the curve gets there
    double estimate = 0;         // "W_est": what NewReno would have
    double before_loss = 0;      // "cwnd_prior"
  };
  void begin(TimePoint now) noexcept;

  Curve curve_;
  Curve saved_;
  double fraction_ = 0;
};

}  // namespace sundog::net::tcp
