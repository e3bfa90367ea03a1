// Fields of packets: numbers in network byte order and addresses, read from bytes and written into
// them. The places are the caller's responsibility: each parser checks a packet's length first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/mac_address.hpp"

namespace sundog::net::wire {

inline std::uint8_t read_u8(Bytes bytes, std::size_t at) noexcept {
  return std::to_integer<std::uint8_t>(bytes[at]);
}
inline std::uint16_t read_u16(Bytes bytes, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(read_u8(bytes, at) << 8 | read_u8(bytes, at + 1));
}
inline std::uint32_t read_u32(Bytes bytes, std::size_t at) noexcept {
  return std::uint32_t{read_u16(bytes, at)} << 16 | read_u16(bytes, at + 2);
}
inline void write_u8(MutableBytes bytes, std::size_t at, unsigned number) noexcept {
  bytes[at] = static_cast<std::byte>(number);
}
inline void write_u16(MutableBytes bytes, std::size_t at, unsigned number) noexcept {
  write_u8(bytes, at, number >> 8 & 0xff);
  write_u8(bytes, at + 1, number & 0xff);
}
inline void write_u32(MutableBytes bytes, std::size_t at, std::uint32_t number) noexcept {
  write_u16(bytes, at, number >> 16);
  write_u16(bytes, at + 2, number & 0xffff);
}

template <std::size_t Size>
std::array<std::uint8_t, Size> read_octets(Bytes bytes, std::size_t at) noexcept {
  std::array<std::uint8_t, Size> octets{};
  for (std::size_t i = 0; i < Size; ++i) octets[i] = read_u8(bytes, at + i);
  return octets;
}
inline IpAddress read_v4(Bytes bytes, std::size_t at) noexcept {
  return IpAddress::v4(read_octets<4>(bytes, at));
}
inline IpAddress read_v6(Bytes bytes, std::size_t at) noexcept {
  return IpAddress::v6(read_octets<16>(bytes, at));
}
inline MacAddress read_mac(Bytes bytes, std::size_t at) noexcept {
  return MacAddress(read_octets<MacAddress::size_bytes>(bytes, at));
}
// 4 or 16 bytes.
inline void write_address(MutableBytes bytes, std::size_t at, const IpAddress& address) noexcept {
  for (const std::uint8_t octet : address.bytes()) write_u8(bytes, at++, octet);
}
inline void write_mac(MutableBytes bytes, std::size_t at, MacAddress address) noexcept {
  for (const std::uint8_t octet : address.octets()) write_u8(bytes, at++, octet);
}

}  // namespace sundog::net::wire
