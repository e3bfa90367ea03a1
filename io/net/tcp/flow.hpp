// DirectConnection: a TCP connection of Sundog's own stack, as a Flow; and the waits for it.
//
// A read that has to wait gives its buffer to the connection, and what comes goes straight into it.
// A write copies into the send queue, as much as the path can use at the time; the rest follows
// as the peer acknowledges, and the task goes on when all is copied.
#pragma once

#include <coroutine>
#include <cstddef>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/net/tcp/statistics.hpp"
#include "sundog/io/net/tcp/tcp_socket.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/runtime/wait_queue.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::net {

namespace tcp {

// Waits until something can be read.
class ReadSome final : public AttemptedWait<ReadSome> {
 public:
  ReadSome(SocketHandle socket, MutableBytes buffer) noexcept
      : socket_(std::move(socket)), buffer_(buffer) {}

  // See Flow.
  std::size_t await_resume() const;

  bool try_now();
  // From here on, what comes goes into the buffer.
  WaitQueue& line() noexcept;

 private:
  friend class TcpSocket;
  bool try_read(TimePoint now) noexcept;
  void left() noexcept override;
  std::string describe() const override;

  SocketHandle socket_;
  const MutableBytes buffer_;
  std::size_t count_ = 0;
  // None, or why nothing was read.
  std::errc error_{};
};

// Waits until all has found a place in the send queue.
class WriteAll final : public AttemptedWait<WriteAll> {
 public:
  WriteAll(SocketHandle socket, Bytes bytes) noexcept
      : socket_(std::move(socket)), only_(bytes), parts_(&only_, 1) {}
  WriteAll(SocketHandle socket, std::span<const Bytes> parts) noexcept
      : socket_(std::move(socket)), parts_(parts) {}

  // See Flow.
  void await_resume() const;

  bool try_now();
  WaitQueue& line() noexcept;

 private:
  friend class TcpSocket;
  bool try_write(TimePoint now) noexcept;
  void left() noexcept override;
  std::string describe() const override;

  SocketHandle socket_;
  const Bytes only_;
  // What is left, the first of them without `done_` bytes.
  std::span<const Bytes> parts_;
  std::size_t done_ = 0;
  bool has_begun_ = false;
  std::errc error_{};
};

// Waits until the handshake is over, one way or the other.
class Connecting final : public AttemptedWait<Connecting> {
 public:
  explicit Connecting(SocketHandle socket) noexcept : socket_(std::move(socket)) {}
  void await_resume() const noexcept {}

  bool try_now() const noexcept { return !socket_->connecting(); }
  WaitQueue& line() const noexcept { return socket_->writers_; }

 private:
  std::string describe() const override;

  SocketHandle socket_;
};

}  // namespace tcp

// The stack outlives it.
class DirectConnection {
 public:
  explicit DirectConnection(tcp::SocketHandle socket) noexcept : socket_(std::move(socket)) {}
  DirectConnection(DirectConnection&& other) noexcept = default;
  DirectConnection& operator=(DirectConnection&& other) noexcept {
    std::swap(socket_, other.socket_);
    return *this;
  }
  ~DirectConnection() { close(); }

  // See Flow.
  auto read(MutableBytes buffer) {
    return Operation<tcp::ReadSome, tcp::SocketHandle, MutableBytes>(socket_, buffer);
  }
  auto write(Bytes bytes) {
    return Operation<tcp::WriteAll, tcp::SocketHandle, Bytes>(socket_, bytes);
  }
  auto write(std::span<const Bytes> parts) {
    return Operation<tcp::WriteAll, tcp::SocketHandle, std::span<const Bytes>>(socket_, parts);
  }
  Task<void> shutdown();

  // Closes now. Without it the destructor does. Reads and writes that other tasks have under way
  // fail with operation_canceled, later ones with bad_file_descriptor. What was written is still
  // sent, as long as the stack runs. The peer sees the end of the stream; or a reset, if bytes were
  // left unread or a write was broken off.
  void close() noexcept;
  // The connection is torn down with a reset when it closes, instead of in good order.
  void reset_on_close() noexcept;

  // Sends small writes at once instead of collecting them. On by default: writes here are whole
  // messages.
  void set_no_delay(bool on);
  // Probes a silent peer after `idle`, so that one that is gone is noticed.
  void set_keep_alive(bool on, Duration idle = std::chrono::seconds(60));

  // This end, and the peer's. These and the settings throw bad_file_descriptor after close().
  Endpoint local_address() const;
  Endpoint peer_address() const;
  // For who has just begun to connect: waits until the handshake is over. Throws std::system_error
  // that names the endpoint, see Stack.
  Task<void> connected();
  // What is known of the connection, for people.
  tcp::Snapshot snapshot() const;

 private:
  tcp::TcpSocket& socket() const;

  tcp::SocketHandle socket_;
};

static_assert(Flow<DirectConnection>);

// See Stack. The stack outlives the task.
Task<DirectConnection> connect_from(tcp::Tcp& tcp, Endpoint peer);

}  // namespace sundog::net
