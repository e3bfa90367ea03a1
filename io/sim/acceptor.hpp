// Acceptor: a listening socket of a simulated host, as the kernel keeps it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/sim/call.hpp"
#include "sundog/io/sim/host.hpp"
#include "sundog/io/sim/stream_socket.hpp"
#include "sundog/runtime/mutex.hpp"

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

  // Its number in traces; whose it is; where it listens.
  std::uint64_t object() const noexcept { return object_; }
  Host& host() const noexcept { return host_; }
  const Endpoint& bound() const noexcept { return bound_; }

  // Whether no more connections may wait here to be accepted.
  bool full() const noexcept { return finishing_ || backlog_.size() >= backlog_max; }
  // A connection has come in. It must not be full.
  void arrive(std::shared_ptr<StreamSocket> socket);

  // Gives a connection to `accepted`, with 0, or a negated errno; parked: nothing.
  std::optional<int> accept(Call& call, SocketHandle& accepted);
  void withdraw() noexcept { parked_ = nullptr; }
  // The tasks that accept, in the order in which they came: their calls reach the kernel in any.
  Mutex& line() noexcept { return line_; }
  // Lets nobody in any more: who has come is still given out, then calls end, with
  // closed_meanwhile.
  void finish() noexcept;
  // Listens no more: calls that are under way end, with closed_meanwhile.
  void close() noexcept;
  void power_cut();

 private:
  Host& host_;
  Endpoint bound_;
  const std::uint64_t object_;
  std::optional<Descriptor> descriptor_;
  std::deque<std::shared_ptr<StreamSocket>> backlog_;
  Call* parked_ = nullptr;
  Mutex line_;
  bool down_ = false;
  bool finishing_ = false;
  bool closed_ = false;
};

}  // namespace sundog::sim
