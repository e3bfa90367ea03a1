// Sequence: a place in TCP's stream of bytes, counted modulo 2^32 (RFC 9293 section 3.4).
//
// Two places are compared by the shorter way around: `a < b` is true when b lies less than 2^31
// bytes ahead of a. So comparisons hold for places of one window, which never is as large as that,
// and the numbers may wrap around at any time.
#pragma once

#include <cstdint>

namespace sundog::net::wire {

class Sequence {
 public:
  constexpr Sequence() noexcept = default;
  explicit constexpr Sequence(std::uint32_t number) noexcept : number_(number) {}

  constexpr std::uint32_t number() const noexcept { return number_; }

  constexpr Sequence operator+(std::uint32_t count) const noexcept {
    return Sequence(number_ + count);
  }
  constexpr Sequence operator-(std::uint32_t count) const noexcept {
    return Sequence(number_ - count);
  }
  constexpr Sequence& operator+=(std::uint32_t count) noexcept {
    number_ += count;
    return *this;
  }
  // How far it is from `other` to here, negative when here is behind.
  constexpr std::int32_t operator-(Sequence other) const noexcept {
    return static_cast<std::int32_t>(number_ - other.number_);
  }
  // The same where it is known not to be negative.
  constexpr std::uint32_t since(Sequence other) const noexcept { return number_ - other.number_; }

  constexpr bool operator==(const Sequence&) const noexcept = default;
  constexpr bool operator<(Sequence other) const noexcept { return *this - other < 0; }
  constexpr bool operator>(Sequence other) const noexcept { return other < *this; }
  constexpr bool operator<=(Sequence other) const noexcept { return !(other < *this); }
  constexpr bool operator>=(Sequence other) const noexcept { return !(*this < other); }

 private:
  std::uint32_t number_ = 0;
};

constexpr Sequence later(Sequence a, Sequence b) noexcept { return a < b ? b : a; }
constexpr Sequence earlier(Sequence a, Sequence b) noexcept { return a < b ? a : b; }

}  // namespace sundog::net::wire
