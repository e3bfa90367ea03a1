// NewReno: one segment more each round trip, half after a loss (RFC 5681, RFC 6582).
#pragma once

#include "sundog/io/net/tcp/congestion.hpp"

namespace sundog::net::tcp {

class NewReno final : public Congestion {
 public:
  const char* name() const noexcept override { return "new_reno"; }

 private:
  void avoid(std::uint32_t bytes, Duration, TimePoint) noexcept override {
    // RFC 3465: a segment for each window of bytes that was acknowledged.
    counted_ += bytes;
    if (counted_ < window_) return;
    counted_ -= window_;
    window_ += segment_bytes_;
  }
  std::uint32_t reduced(std::uint32_t in_flight, TimePoint) noexcept override {
    counted_ = 0;
    return in_flight / 2;
  }
  void save() noexcept override {}
  void restore() noexcept override {}
  void forget_epoch() noexcept override { counted_ = 0; }

  std::uint32_t counted_ = 0;
};

}  // namespace sundog::net::tcp
