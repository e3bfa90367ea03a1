// What echo is made of, and what it can be told when it starts. The service itself is echo.hpp.
#pragma once

#include <string>

#include "sundog/io/devices.hpp"
#include "sundog/io/unix/socket.hpp"

namespace echo {

using namespace sundog;

// An address as people type it.
class Port : public Acceptor {
 public:
  explicit Port(const std::string& address) : Acceptor(Address::parse(address)) {}
};

struct Echo : Configuration {
  Echo() : Configuration("Sends back what it is sent.") {}

  Parameter<std::string> address{*this, "address",
                                 "where to listen, as in 0.0.0.0:7, [::]:7 or /run/echo.sock",
                                 "127.0.0.1:7007"};
  ListenerDevice<Port> listener{*this, "listener", address};
};

}  // namespace echo
