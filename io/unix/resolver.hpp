// HostResolver: the host's own resolver as a Resolver: getaddrinfo(3), which looks where
// nsswitch.conf says (/etc/hosts, DNS ...). It runs on a thread, so that the loop is not held up.
#pragma once

#include <string>
#include <vector>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/resolver.hpp"
#include "sundog/io/unix/stack.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

class HostResolver {
 public:
  HostResolver() = default;
  // As all resolvers are made: from the stack over which they ask. The host's needs none.
  explicit HostResolver(HostStack&) noexcept {}

  // See Resolver.
  Task<std::vector<IpAddress>> resolve(std::string name);
};

static_assert(Resolver<HostResolver>);

}  // namespace sundog
