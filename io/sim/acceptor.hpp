// Acceptor: a listening socket of a simulated host, as the kernel keeps it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/sim/call.hpp"
#include "sundog/io/sim/host.hpp"
#include "sundog/io/sim/stream_socket.hpp"

namespace sundog::sim {

class Acceptor {
 public:
  // Connections that wait to be accepted; more are not answered.
  static constexpr std::size_t backlog_max = 4;

  // Port 0 asks for any that is free. Throws std::system_error: address_in_use,
  // address_not_available, too_many_files_open.
  Acceptor(Host& host, const Endpoint& wanted);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  std::uint64_t object() const noexcept { return object_; }
  Host& host() const noexcept { return host_; }
  const Endpoint& bound() const noexcept { return bound_; }

  bool full() const noexcept { return backlog_.size() >= backlog_max; }
  void arrive(std::shared_ptr<StreamSocket> socket);

  // Gives a connection to `accepted`, with 0, or a negated errno; parked: nothing.
  std::optional<int> accept(Call& call, SocketHandle& accepted);
  void withdraw(Call& call) noexcept { std::erase(parked_, &call); }
  void power_cut();

 private:
  Host& host_;
  Endpoint bound_;
  const std::uint64_t object_;
  std::optional<Descriptor> descriptor_;
  std::deque<std::shared_ptr<StreamSocket>> backlog_;
  // Those who wait for a connection, in the order in which they came.
  std::vector<Call*> parked_;
  bool down_ = false;
};

}  // namespace sundog::sim
