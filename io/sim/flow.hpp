// SimFlow and SimListener: connections of a simulated host, as programs see them (the concepts of
// io/flow.hpp). They are made by its SimStack (stack.hpp).
//
// They are made of the calls of a simulated kernel, which may be cut short, interrupted, refused
// and overtaken by their own cancellation; these classes hide that from programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/sim/acceptor.hpp"
#include "sundog/io/sim/host.hpp"
#include "sundog/io/sim/stream_socket.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::sim {

class SimFlow {
 public:
  // `shows_mapped`: IPv4 addresses as IPv4-mapped ones, as those of a listener of both families.
  explicit SimFlow(SocketHandle socket, bool shows_mapped = false) noexcept
      : socket_(std::move(socket)), shows_mapped_(shows_mapped) {}

  // See io/flow.hpp.
  Task<std::size_t> read(MutableBytes buffer);
  Task<void> write(Bytes bytes);
  Task<void> write(std::span<const Bytes> parts);
  Task<void> shutdown();
  void close() noexcept { const SocketHandle gone(std::move(socket_)); }

  // Throw bad_file_descriptor after close().
  Endpoint local_address() const { return shown(socket().local()); }
  Endpoint peer_address() const { return shown(socket().remote()); }

 private:
  StreamSocket& socket() const;
  Endpoint shown(const Endpoint& endpoint) const noexcept {
    return shows_mapped_ ? Endpoint(endpoint.address().mapped(), endpoint.port()) : endpoint;
  }

  SocketHandle socket_;
  bool shows_mapped_;
};

class SimListener {
 public:
  explicit SimListener(std::shared_ptr<Acceptor> acceptor) noexcept
      : acceptor_(std::move(acceptor)) {}
  SimListener(SimListener&& other) noexcept = default;
  SimListener& operator=(SimListener&& other) noexcept {
    if (this != &other) {
      close();
      acceptor_ = std::move(other.acceptor_);
    }
    return *this;
  }
  ~SimListener() { close(); }

  // See io/flow.hpp.
  Task<SimFlow> accept();
  void close() noexcept;
  // As Listener says.
  void finish() noexcept {
    if (acceptor_ != nullptr) acceptor_->finish();
  }
  // Throws bad_file_descriptor after close().
  Endpoint local_address() const;

 private:
  std::shared_ptr<Acceptor> acceptor_;  // calls share it
};

static_assert(Flow<SimFlow>);
static_assert(FinishingListener<SimListener>);

}  // namespace sundog::sim
