// SimResolver: the names of a simulated world, as a Resolver: each host's name is that of its
// addresses, the IPv6 one first.
//
// An answer takes a while, and questions get lost as datagrams do (Fault::datagram_loss): then they
// are asked again, and given up in the end with try_again.
#pragma once

#include <string>
#include <vector>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/resolver.hpp"
#include "sundog/io/sim/host.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::sim {

// A handle, to be copied.
class SimResolver {
 public:
  static constexpr int questions_max = 4;

  // Of the host that asks, which must outlive it.
  explicit SimResolver(Host& host) noexcept : host_(&host) {}

  // See Resolver.
  Task<std::vector<IpAddress>> resolve(std::string name);

 private:
  Host* host_;
};

static_assert(Resolver<SimResolver>);

}  // namespace sundog::sim
