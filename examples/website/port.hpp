// An address and a port as people type them, as a listener.
#pragma once

#include <cstdint>
#include <string>

#include "sundog/io/unix/socket.hpp"

namespace website {

class Port : public sundog::Acceptor {
 public:
  Port(const std::string& address, std::uint16_t port)
      : Acceptor(sundog::Address::ip(address, port)) {}
};

}  // namespace website
