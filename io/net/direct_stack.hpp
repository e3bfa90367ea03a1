// DirectStack: Sundog's own TCP/IP over one or more Network devices, as a Stack (io/stack.hpp).
//
//   DirectHost host(random);
//   const InterfaceId wire = host.add_device("wire", std::move(network));
//   host.ip().set_address(wire, Prefix::parse("192.0.2.2/24"));
//   co_await pick(host.run(), answer(DirectStack(host).datagrams(Endpoint::any(53))));
//
// run() drives the devices: while it is not under way nothing is received, and no neighbour is
// found. So it must go on until what closed connections have written has been sent. The host
// outlives all that was made of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/net/interface/link_over.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/ip_layer.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/tcp/flow.hpp"
#include "sundog/io/net/tcp/lent_blocks.hpp"
#include "sundog/io/net/tcp/listener.hpp"
#include "sundog/io/net/tcp/tcp.hpp"
#include "sundog/io/net/udp/udp.hpp"
#include "sundog/io/network.hpp"
#include "sundog/io/prefix.hpp"
#include "sundog/io/stack.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::net {

// All layers of a machine of its own. Belongs to the thread of the loop in which it was made.
class DirectHost {
 public:
  // The source outlives it. Throws std::bad_alloc.
  explicit DirectHost(RandomSource& random)
      : ip_(random, ticks_), udp_(ip_, random), tcp_(ip_, random, ticks_, tcp_memory_) {}

  // The device becomes an interface with this name, of 15 characters at most, without an address.
  // Before run(). Throws std::bad_alloc.
  template <Network N>
  InterfaceId add_device(std::string name, N network) {
    return ip_.add_interface(std::move(name), std::make_unique<LinkOver<N>>(std::move(network)))
        .id();
  }
  // Ends only when it is cancelled, or throws what a device throws when it is gone.
  Task<void> run() { return ip_.run(); }

  // Its layers, which live as long as the host.
  IpLayer& ip() noexcept { return ip_; }
  Udp& udp() noexcept { return udp_; }
  tcp::Tcp& tcp() noexcept { return tcp_; }
  Ticks& ticks() noexcept { return ticks_; }

 private:
  TimerTicks ticks_;
  // Before the devices, which read from it.
  tcp::Memory tcp_memory_;
  IpLayer ip_;
  Udp udp_;
  tcp::Tcp tcp_;
};

// A handle, to be copied.
class DirectStack {
 public:
  using Address = Endpoint;
  using Connection = DirectConnection;
  using Listener = DirectListener;
  using Datagrams = DirectDatagrams;

  explicit DirectStack(DirectHost& host) noexcept : host_(&host) {}

  // See Stack.
  Task<DirectConnection> connect(const Endpoint& endpoint) {
    return connect_from(host_->tcp(), endpoint);
  }
  DirectListener listen(const Endpoint& endpoint) {
    return DirectListener(host_->tcp().listen(endpoint));
  }
  DirectDatagrams datagrams(const Endpoint& endpoint) {
    return DirectDatagrams(host_->udp().bind(endpoint));
  }
  std::vector<Prefix> addresses() const { return host_->ip().addresses(); }

 private:
  DirectHost* host_;
};

static_assert(Stack<DirectStack>);

}  // namespace sundog::net
