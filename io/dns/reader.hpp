// Reader: takes numbers, bytes and names off a message, from a place on to an end.
//
// What is not there, or not in its form, makes it fail for good: everything that is taken then is
// zero or empty. So a format is read from its beginning to its end, and failed() is asked once.
//
// A compressed name points only to what stands in front of the part that points, and never into the
// header: such pointers cannot form a loop, and forward ones are refused. Each pointer must bring
// at least a label, which bounds the work for a name (RFC 1035 section 4.1.4 promises neither).
#pragma once

#include <cstddef>
#include <cstdint>

#include "sundog/io/dns/name.hpp"
#include "sundog/io/flow.hpp"

namespace sundog::dns {

// Whether a compressed name is an error at this place.
enum class Pointers : bool { refused, followed };

class Reader {
 public:
  // Of the whole message, so that pointers can be followed; from `at` to `end`, which lie inside.
  Reader(Bytes message, std::size_t at, std::size_t end) noexcept
      : message_(message), at_(at), end_(end) {}

  // In network byte order.
  std::uint8_t number8() noexcept { return static_cast<std::uint8_t>(big_endian(1)); }
  std::uint16_t number16() noexcept { return static_cast<std::uint16_t>(big_endian(2)); }
  std::uint32_t number32() noexcept { return static_cast<std::uint32_t>(big_endian(4)); }
  // Valid as long as the message.
  Bytes bytes(std::size_t count) noexcept;
  Bytes rest() noexcept { return bytes(left()); }
  Name name(Pointers pointers) noexcept;
  // Goes over a name; its pointers are not followed.
  void skip_name() noexcept;

  // Where it is in the message; and how many bytes there are to its end.
  std::size_t at() const noexcept { return at_; }
  std::size_t left() const noexcept { return end_ - at_; }
  // Once failed, it stays so.
  bool failed() const noexcept { return failed_; }
  void fail() noexcept {
    failed_ = true;
    at_ = end_;
  }

 private:
  std::uint64_t big_endian(std::size_t count) noexcept;

  Bytes message_;
  std::size_t at_;
  std::size_t end_;
  bool failed_ = false;
};

}  // namespace sundog::dns
