#include "sundog/io/net/tcp/tuple.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace sundog::net::tcp {

std::uint64_t TupleHash::operator()(const Tuple& tuple, std::uint64_t with) const noexcept {
  // Two addresses of 16 bytes, two ports, a number.
  std::array<std::byte, 2 * 16 + 2 * 2 + 8> text{};
  std::byte* to = text.data();
  for (const Endpoint* const end : {&tuple.local, &tuple.peer}) {
    to = std::ranges::copy(std::as_bytes(end->address().bytes()), to).out;
    *to++ = static_cast<std::byte>(end->port() >> 8);
    *to++ = static_cast<std::byte>(end->port());
  }
  if (with != 0) {
    to = std::ranges::copy(std::as_bytes(std::span(&with, 1)), to).out;
  }
  return sip_hash(key_, Bytes(text.data(), to));
}

}  // namespace sundog::net::tcp
