#include "sundog/io/net/tcp/cubic.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace sundog::net::tcp {
namespace {

// RFC 9438 sections 4.1 and 4.6. C is in segments a second cubed.
constexpr double c = 0.4;
constexpr double beta = 0.7;
constexpr double alpha = 3 * (1 - beta) / (1 + beta);

double seconds(Duration duration) noexcept {
  return std::chrono::duration<double>(duration).count();
}

// Without the library's cbrt(), which images need not have: Newton's method, for what is not
// negative.
double cube_root(double x) noexcept {
  if (x <= 0) return 0;
  double root = x < 1 ? 1 : x / 3 + 1;
  for (int step = 0; step < 60; ++step) {
    const double next = (2 * root + x / (root * root)) / 3;
    if (next >= root && step > 0) break;
    root = next;
  }
  return root;
}

}  // namespace

void Cubic::begin(TimePoint now) noexcept {
  curve_.began = true;
  curve_.epoch = now;
  const double window = window_;
  curve_.estimate = window;
  if (curve_.plateau < window) {
    curve_.plateau = window;
    curve_.plateau_after_s = 0;
  } else {
    curve_.plateau_after_s = cube_root((curve_.plateau - window) / segment_bytes_ / c);
  }
  fraction_ = 0;
}

void Cubic::avoid(std::uint32_t bytes, Duration round_trip, TimePoint now) noexcept {
  if (!curve_.began) begin(now);
  const double window = window_;
  // Section 4.3: as fast as NewReno at least; a segment each round trip once it is where it was.
  const double slope = curve_.estimate < curve_.before_loss ? alpha : 1;
  curve_.estimate += slope * segment_bytes_ * bytes / window;
  const auto at = [&](double elapsed_s) {
    const double from_plateau = elapsed_s - curve_.plateau_after_s;
    return c * from_plateau * from_plateau * from_plateau * segment_bytes_ + curve_.plateau;
  };
  const double elapsed_s = seconds(now - curve_.epoch);
  if (at(elapsed_s) < curve_.estimate) {
    if (curve_.estimate > window) window_ = static_cast<std::uint32_t>(curve_.estimate);
    return;
  }
  // Section 4.4: towards where the curve will be a round trip from now, at most half as much again.
  const double target = std::clamp(at(elapsed_s + seconds(round_trip)), window, 1.5 * window);
  fraction_ += (target - window) * bytes / window;
  const double whole = std::floor(fraction_);
  fraction_ -= whole;
  window_ += static_cast<std::uint32_t>(whole);
}

std::uint32_t Cubic::reduced(std::uint32_t in_flight, TimePoint) noexcept {
  const double window = window_;
  curve_.before_loss = window;
  // Section 4.7, fast convergence: who finds less room than last time leaves some to others.
  curve_.plateau = window < curve_.plateau ? window * (1 + beta) / 2 : window;
  curve_.began = false;
  // What was not used is not counted.
  return static_cast<std::uint32_t>(std::min<double>(window, in_flight) * beta);
}

}  // namespace sundog::net::tcp
