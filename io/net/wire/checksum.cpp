#include "sundog/io/net/wire/checksum.hpp"

#include <bit>
#include <cstring>

namespace sundog::net::wire {
namespace {

// In the machine's byte order, from that of the network, or the other way round.
constexpr std::uint16_t swapped(std::uint16_t word) noexcept {
  if constexpr (std::endian::native == std::endian::big) return word;
  return static_cast<std::uint16_t>(word << 8 | word >> 8);
}

constexpr std::uint16_t fold(std::uint64_t sum) noexcept {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

// Of bytes that begin at an even place of the packet.
std::uint64_t sum_of(Bytes bytes) noexcept {
  std::uint64_t sum = 0;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  // Both halves are added into 64 bits, so that no carry is lost and none must be looked at.
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t words = 0;
    std::memcpy(&words, at, 8);
    sum += (words & 0xffffffff) + (words >> 32);
  }
  // What is left, filled up with zeros.
  std::uint64_t words = 0;
  if (left != 0) std::memcpy(&words, at, left);
  return sum + (words & 0xffffffff) + (words >> 32);
}

}  // namespace

void InternetSum::add(Bytes bytes) noexcept {
  const std::uint16_t sum = fold(sum_of(bytes));
  // Behind an odd number of bytes each byte is the other half of its word.
  sum_ += odd_ ? static_cast<std::uint16_t>(sum << 8 | sum >> 8) : sum;
  if (bytes.size() % 2 != 0) odd_ = !odd_;
}

void InternetSum::add_u16(std::uint16_t number) noexcept { sum_ += swapped(number); }

void InternetSum::add_pseudo_header(const IpAddress& source, const IpAddress& destination,
                                    std::uint8_t protocol, std::size_t transport_bytes) noexcept {
  add(std::as_bytes(source.bytes()));
  add(std::as_bytes(destination.bytes()));
  add_u16(protocol);
  add_u16(static_cast<std::uint16_t>(transport_bytes >> 16));
  add_u16(static_cast<std::uint16_t>(transport_bytes & 0xffff));
}

std::uint16_t InternetSum::folded() const noexcept { return swapped(fold(sum_)); }

std::uint16_t internet_checksum(Bytes bytes) noexcept {
  InternetSum sum;
  sum.add(bytes);
  return sum.checksum();
}

}  // namespace sundog::net::wire
