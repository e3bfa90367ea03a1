// SimFlow, SimListener and SimStack: connections of a simulated host, as programs see them (the
// concepts of io/flow.hpp).
//
// They are made of the calls of a simulated kernel, which may be cut short, interrupted, refused
// and overtaken by their own cancellation; here is what a program does not see of that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sundog/io/flow.hpp"
#include "sundog/io/sim/acceptor.hpp"
#include "sundog/io/sim/address.hpp"
#include "sundog/io/sim/host.hpp"
#include "sundog/io/sim/stream_socket.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::sim {

class SimFlow {
 public:
  explicit SimFlow(SocketHandle socket) noexcept : socket_(std::move(socket)) {}

  // See io/flow.hpp.
  Task<std::size_t> read(MutableBytes buffer);
  Task<void> write(Bytes bytes);
  Task<void> write(std::span<const Bytes> parts);
  Task<void> shutdown();

  Address peer_address() const noexcept { return socket_->remote(); }

 private:
  SocketHandle socket_;
};

class SimListener {
 public:
  explicit SimListener(std::unique_ptr<Acceptor> acceptor) noexcept
      : acceptor_(std::move(acceptor)) {}

  Task<SimFlow> accept();
  std::uint16_t port() const noexcept { return acceptor_->port(); }

 private:
  std::unique_ptr<Acceptor> acceptor_;
};

// The transport of one host; a handle, to be copied.
class SimStack {
 public:
  explicit SimStack(Host& host) noexcept : host_(&host) {}

  // Throws std::system_error: address_in_use, too_many_files_open.
  SimListener listen(std::uint16_t port);
  // Throws std::system_error: connection_refused, timed_out, too_many_files_open, ...
  Task<SimFlow> connect(Address address);

 private:
  Host* host_;
};

static_assert(Flow<SimFlow>);
static_assert(Listener<SimListener>);

}  // namespace sundog::sim
