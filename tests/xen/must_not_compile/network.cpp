// there is no network stack for Xen yet: a service that uses the network is built with --unix
#include "sundog/io/connect.hpp"
#include "sundog/io/devices.hpp"
#include "sundog/io/generic.hpp"
#include "sundog/io/main.hpp"

using namespace sundog;

struct Service : Configuration {
  Parameter<GenericStack::Address> address{*this, "address", "where to listen", Endpoint::any(7)};
  StackDevice<GenericStack> stack{*this, "stack"};
  ListenerDevice<GenericStack::Listener> listener{*this, "listener", stack, address};
  DatagramDevice<GenericStack::Datagrams> questions{*this, "questions", stack, address};
  ResolverDevice<GenericResolver> resolver{*this, "resolver", stack};
};

Task<void> serve(Service& service) {
  auto flow = co_await connect(*service.stack, *service.resolver, "example.org", 80);
  co_await flow.shutdown();
}

int main(int argc, char** argv) { return sundog::main(argc, argv, serve); }
