// HostStack: the host's own TCP/IP, and its local sockets, as a Stack.
#pragma once

#include "sundog/io/stack.hpp"
#include "sundog/io/unix/address.hpp"
#include "sundog/io/unix/socket.hpp"

namespace sundog {

class HostStack {
 public:
  using Address = sundog::Address;

  Task<Socket> connect(const Address& address) { return Socket::connect(address); }
  Acceptor listen(const Address& address) { return Acceptor(address); }
};

static_assert(Stack<HostStack>);

}  // namespace sundog
