// SimStack: the transport of a simulated host as a Stack: TCP and UDP over both families, with
// whatever the world does to them (network.hpp).
#pragma once

#include <vector>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/prefix.hpp"
#include "sundog/io/sim/datagram.hpp"
#include "sundog/io/sim/flow.hpp"
#include "sundog/io/sim/host.hpp"
#include "sundog/io/stack.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::sim {

// A handle, to be copied.
class SimStack {
 public:
  using Address = Endpoint;
  using Connection = SimFlow;
  using Listener = SimListener;
  using Datagrams = SimDatagrams;

  // The host must outlive it.
  explicit SimStack(Host& host) noexcept : host_(&host) {}

  // See Stack. All throw too_many_files_open too.
  Task<SimFlow> connect(Endpoint endpoint);
  SimListener listen(const Endpoint& endpoint);
  SimDatagrams datagrams(const Endpoint& endpoint) { return SimDatagrams(*host_, endpoint); }
  std::vector<Prefix> addresses() const;

 private:
  Host* host_;
};

static_assert(Stack<SimStack>);

}  // namespace sundog::sim
