// Address: a host of the simulated world and a port on it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace sundog::sim {

struct Address {
  // IPv4, the first octet in the highest byte: hosts are 10.0.0.1, 10.0.0.2, ...
  std::uint32_t host = 0;
  std::uint16_t port = 0;

  auto operator<=>(const Address&) const = default;

  // "10.0.0.1:80"
  std::string to_string() const {
    return std::to_string(host >> 24) + "." + std::to_string(host >> 16 & 0xff) + "." +
           std::to_string(host >> 8 & 0xff) + "." + std::to_string(host & 0xff) + ":" +
           std::to_string(port);
  }
};

}  // namespace sundog::sim
