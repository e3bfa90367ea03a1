// HostStack: the host's own TCP/IP, and its local (Unix-domain) sockets, as a Stack.
//
// It has no state: every one is the same.
#pragma once

#include <vector>

#include "sundog/io/prefix.hpp"
#include "sundog/io/stack.hpp"
#include "sundog/io/unix/address.hpp"
#include "sundog/io/unix/socket.hpp"

namespace sundog {

class HostStack {
 public:
  using Address = sundog::Address;
  using Connection = Socket;
  using Listener = Acceptor;
  using Datagrams = sundog::Datagrams;

  Task<Socket> connect(const Address& address) { return Socket::connect(address); }
  // Listens at the address; or takes over a socket that listens already, if the program was started
  // with some (inherited_listeners.hpp).
  Acceptor listen(const Address& address);
  sundog::Datagrams datagrams(const Address& address) { return sundog::Datagrams(address); }

  // Of the network interfaces that are up. Throws std::system_error.
  std::vector<Prefix> addresses() const;
};

static_assert(Stack<HostStack>);

}  // namespace sundog
