// What echo is made of, and what it can be told when it starts. The service itself is echo.hpp.
#pragma once

#include "sundog/io/devices.hpp"
#include "sundog/io/generic.hpp"

namespace echo {

using namespace sundog;

struct Echo : Configuration {
  Echo() : Configuration("Sends back what it is sent.") {}

  Parameter<GenericStack::Address> address{*this, "address", "where to listen",
                                           Endpoint::parse("127.0.0.1:7007")};
  StackDevice<GenericStack> stack{*this, "stack"};
  ListenerDevice<GenericStack::Listener> listener{*this, "listener", stack, address};
};

}  // namespace echo
