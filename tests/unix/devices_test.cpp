// Devices that are made of each other, on the host.
#include "sundog/io/devices.hpp"

#include <array>
#include <string>

#include "sundog/io/connect.hpp"
#include "sundog/io/describe.hpp"
#include "sundog/io/generic.hpp"
#include "sundog/runtime/join.hpp"
#include "tests/unix/each_poller.hpp"

using namespace sundog;
using sundog::test::on_each_poller;

namespace {

struct Service : Configuration {
  Service() : Configuration("Has a device of each kind that the network has.") {}
  Parameter<GenericStack::Address> address{*this, "address", "where to listen",
                                           Endpoint::loopback(0)};
  Parameter<IpAddress> host{*this, "host", "the same, apart from the port",
                            IpAddress::loopback_v6()};
  Parameter<std::uint16_t> port{*this, "port", "... and the port", 0};
  StackDevice<GenericStack> stack{*this, "stack"};
  ListenerDevice<GenericStack::Listener> listener{*this, "listener", stack, address};
  ListenerDevice<GenericStack::Listener> second{*this, "second", stack, host, port};
  DatagramDevice<GenericStack::Datagrams> questions{*this, "questions", stack, address};
  ResolverDevice<GenericResolver> resolver{*this, "resolver", stack};
};

Task<void> connect_all(Configuration& configuration) {
  for (DeviceBase* device : configuration.devices()) co_await device->connect();
}

template <class A>
auto accept_from(A& listener) -> Task<await_result_t<decltype(listener.accept())>> {
  co_return co_await listener.accept();
}

}  // namespace

TEST_CASE("a stack device makes listeners and datagram sockets, and a name is connected to") {
  on_each_poller([]() -> Task<void> {
    Service service;
    co_await connect_all(service);
    const Endpoint bound = service.listener->local_address();
    CHECK(bound.address() == IpAddress::loopback_v4());
    CHECK(Endpoint(service.second->local_address()).address() == IpAddress::loopback_v6());
    CHECK(Endpoint(service.questions->local_address()).port() != 0);
    // localhost is ::1 first on most machines, where nobody listens at this port.
    auto [client, server] =
        co_await join(connect(*service.stack, *service.resolver, "localhost", bound.port()),
                      accept_from(*service.listener));
    CHECK(client.local_address() == server.peer_address());
  });
}

TEST_CASE("a listener device listens at a local socket's path where the stack knows them") {
  on_each_poller([]() -> Task<void> {
    Service service;
    REQUIRE(service.address.set("@sundog-devices-test"));
    co_await service.stack.connect();
    co_await service.listener.connect();
    CHECK(service.listener->local_address().to_string() == "@sundog-devices-test");
  });
}

TEST_CASE("the description shows what the devices of the network are made from") {
  const Service service;
  const std::string text = describe_as_text(service, "service", "this host");
  CHECK_THAT(text, Catch::Contains("stack       Stack      HostStack\n") &&
                       Catch::Contains("from stack, --address\n") &&
                       Catch::Contains("from stack, --host, --port\n") &&
                       Catch::Contains("resolver    Resolver   HostResolver   from stack\n"));
}
