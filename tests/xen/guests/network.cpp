// A domain with Sundog's own stack on its network interface: --address=10.0.9.2/24. It gives back
// every datagram that comes to port 7, answers pings, and says what it sees of its link. With
// --ask=10.0.9.3 it sends datagrams of 1 to 60,000 bytes to port 7 of that machine first, and says
// how they came back.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "sundog/io/configuration.hpp"
#include "sundog/io/devices.hpp"
#include "sundog/io/main.hpp"
#include "sundog/io/net/direct_stack.hpp"
#include "sundog/io/stop_request.hpp"
#include "sundog/io/xen/devices/network.hpp"
#include "sundog/io/xen/random.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;

namespace sundog {
namespace {

constexpr std::uint16_t echo_port = 7;
constexpr std::size_t message_bytes_max = 60'000;

struct Machine : Configuration {
  Machine() : Configuration("Echoes datagrams.") {}
  Parameter<Prefix> address{*this, "address", "its own", Prefix::parse("10.0.9.2/24")};
  Parameter<IpAddress> ask{*this, "ask", "whom to ask first", IpAddress::any_v4()};
  RandomDevice<XenRandom> random{*this, "random"};
  NetworkDevice<XenNetwork> network{*this, "network"};
};

Task<void> answer(net::DirectStack stack) {
  auto socket = stack.datagrams(Endpoint(IpAddress::any_v4(), echo_port));
  std::vector<std::byte> buffer(message_bytes_max);
  for (;;) {
    const auto got = co_await socket.receive(buffer);
    co_await socket.send(Bytes(buffer).first(got.size), got.peer);
  }
}

Task<bool> comes_back(net::DirectDatagrams& socket, const Endpoint& peer, std::size_t size) {
  std::vector<std::byte> message(size);
  for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<std::byte>(i * 7 + i / 251);
  std::vector<std::byte> buffer(size + 1);
  co_await socket.send(message, peer);
  for (;;) {
    const auto got = co_await socket.receive(buffer);
    if (got.size != size) continue;  // one that came late
    buffer.resize(size);
    co_return buffer == message;
  }
}

Task<void> ask(net::DirectStack stack, Endpoint peer) {
  auto socket = stack.datagrams(Endpoint(IpAddress::any_v4(), 0));
  for (const std::size_t size : {1U, 100U, 1472U, 1473U, 4096U, 20'000U, 60'000U}) {
    bool is_right = false;
    int tries = 0;
    while (!is_right && ++tries <= 5) {
      const auto came = co_await try_timeout(comes_back(socket, peer, size), 3s);
      is_right = came.value_or(false);
    }
    std::printf("asked with %zu bytes: %s\n", size, is_right ? "came back" : "lost");
  }
}

// From the device itself: the stack has no need to tell.
Task<void> say_link(XenNetwork& network) {
  for (bool up = network.link_up();; up = !up) {
    if (up) std::printf("link up, %s, mtu %zu\n", network.mac().to_string().c_str(), network.mtu());
    if (!up) std::printf("link down\n");
    std::fflush(stdout);
    co_await network.link_changed(up);
  }
}

Task<void> until_asked_to_stop(const XenNetwork& network) {
  StopRequest stop;
  co_await stop.next();
  const NetworkStatistics seen = network.statistics();
  std::printf("received %llu lost %llu wrong %llu, sent %llu lost %llu\n",
              static_cast<unsigned long long>(seen.received_frames),
              static_cast<unsigned long long>(seen.received_lost),
              static_cast<unsigned long long>(seen.received_wrong),
              static_cast<unsigned long long>(seen.sent_frames),
              static_cast<unsigned long long>(seen.sent_lost));
}

Task<void> serve(Machine& machine) {
  net::RandomFrom<XenRandom> random(*machine.random);
  net::DirectHost host(random);
  const net::InterfaceId wire = host.add_device("wire", std::move(*machine.network));
  auto& network =
      static_cast<net::LinkOver<XenNetwork>&>(host.ip().interface(wire).link()).network();
  host.ip().set_address(wire, *machine.address);
  const net::DirectStack stack(host);
  const auto talk = [&]() -> Task<void> {
    const IpAddress peer = *machine.ask;
    if (!peer.is_any()) co_await ask(stack, Endpoint(peer, echo_port));
    std::printf("serving\n");
    std::fflush(stdout);
    co_await answer(stack);
  };
  co_await pick(host.run(), talk(), say_link(network), until_asked_to_stop(network));
}

}  // namespace
}  // namespace sundog

int main(int argc, char** argv) { return sundog::main(argc, argv, sundog::serve); }
