// DirectStack: Sundog's own TCP/IP over one or more Network devices. It has the datagrams and the
// addresses of a Stack (io/stack.hpp), and no connections yet.
//
//   DirectHost host(random);
//   const InterfaceId wire = host.add_device("wire", std::move(network));
//   host.ip().set_address(wire, Prefix::parse("192.0.2.2/24"));
//   co_await pick(host.run(), answer(DirectStack(host).datagrams(Endpoint::any(53))));
//
// run() drives the devices: while it is not under way nothing is received, and no neighbour is
// found. The host outlives all that was made of it.
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
#include "sundog/io/net/udp/udp.hpp"
#include "sundog/io/network.hpp"
#include "sundog/io/prefix.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::net {

// All layers of a machine of its own. Belongs to the thread of the loop in which it was made.
class DirectHost {
 public:
  // The source outlives it. Throws std::bad_alloc.
  explicit DirectHost(RandomSource& random) : ip_(random, ticks_), udp_(ip_, random) {}

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
  Ticks& ticks() noexcept { return ticks_; }

 private:
  TimerTicks ticks_;
  IpLayer ip_;
  Udp udp_;
};

// A handle, to be copied.
class DirectStack {
 public:
  using Address = Endpoint;
  using Datagrams = DirectDatagrams;

  explicit DirectStack(DirectHost& host) noexcept : host_(&host) {}

  // See Stack.
  DirectDatagrams datagrams(const Endpoint& endpoint) {
    return DirectDatagrams(host_->udp().bind(endpoint));
  }
  std::vector<Prefix> addresses() const { return host_->ip().addresses(); }

 private:
  DirectHost* host_;
};

}  // namespace sundog::net
