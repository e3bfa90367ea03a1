// Sockets of the host: byte streams over TCP and local (Unix-domain) sockets, listeners, and UDP.
//
//   Socket server = co_await Socket::connect(Address::parse("127.0.0.1:80"));
//   Acceptor listener(Address::any(8080));
//   Socket client = co_await listener.accept();
//
// Socket is a Flow and Acceptor a Listener (io/flow.hpp): what those promise holds here. Every call
// is one request to the kernel, awaited without allocation.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>

#include "sundog/io/flow.hpp"
#include "sundog/io/unix/accept.hpp"
#include "sundog/io/unix/address.hpp"
#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/inlet.hpp"
#include "sundog/io/unix/kernel_operation.hpp"
#include "sundog/io/unix/message_queue.hpp"
#include "sundog/io/unix/zero_copy.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog {

namespace detail {

class ReceiveOperation;

// What a socket knows of its incoming bytes from one read to the next.
struct Incoming {
  std::unique_ptr<Inlet, Multishot::Abandon> inlet;
  ReceiveOperation* reader = nullptr;  // the read that is waiting
  bool may_hold_bytes = true;          // the last read did not empty the socket
  bool has_waited = false;             // a read has waited for the peer before
  int error = 0;                       // a read has failed: negated, as the kernel gave it
};

class ReceiveOperation final : public KernelOperation {
 public:
  ReceiveOperation(const Descriptor& socket, MutableBytes bytes, Incoming& incoming) noexcept
      : KernelOperation(socket.get(), Receive{bytes, !incoming.may_hold_bytes}),
        incoming_(&incoming) {}
  ~ReceiveOperation() {
    if (incoming_ != nullptr && incoming_->reader == this) incoming_->reader = nullptr;
  }
  bool await_ready() noexcept {
    // The kernel tells of a failure once, and shows the end of the stream from then on.
    if (incoming_->error != 0) [[unlikely]] {
      finish(incoming_->error);
      return true;
    }
    return incoming_->inlet != nullptr && incoming_->inlet->holds() && take();
  }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    PromiseBase& promise = promise_of(frame);
    incoming_->reader = this;
    return the<Receive>().expect_empty ? wait_for_peer(promise, at) : start(promise, at);
  }
  std::size_t await_resume() {
    if (incoming_ != nullptr) {
      incoming_->may_hold_bytes = bytes_left_;
      if (result() < 0) [[unlikely]]
        incoming_->error = result();
    }
    return static_cast<std::size_t>(value());
  }

  // The socket has moved: what is known is there now.
  void follow(Incoming& incoming) noexcept { incoming_ = &incoming; }
  // The socket is being closed.
  void part() noexcept;

 private:
  friend class Inlet;

  bool take() noexcept;
  bool wait_for_peer(PromiseBase& frame, std::source_location at);
  bool wait_at_inlet(PromiseBase& frame, std::source_location at);
  bool open_inlet() noexcept;
  // From the inlet: it holds something, or it has ended without.
  void received() noexcept;
  void ask_kernel() noexcept;
  void cancel() noexcept override;

  Incoming* incoming_;  // null when the socket was closed
  bool at_inlet_ = false;
};

class SendOperation final : public WriteAll<Request::Send> {
 public:
  SendOperation(const Descriptor& socket, Bytes bytes) noexcept
      : WriteAll(socket.get(), Send{bytes}) {}
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    PromiseBase& promise = promise_of(frame);
    return rest().size() < ZeroCopy::worth_it_from ? start(promise, at) : start_large(promise, at);
  }

 private:
  friend class ZeroCopy;

  bool start_large(PromiseBase& frame, std::source_location at);
  // From zero_copy_, at its end. Given up: it was cancelled before all was handed over.
  void all_returned(int error, bool given_up) noexcept;
  void cancel() noexcept override;

  std::unique_ptr<ZeroCopy> zero_copy_;
};

class SendPartsOperation final : public KernelOperation {
 public:
  // Longer lists are sent in several calls.
  static constexpr std::size_t parts_per_call_max = 16;

  SendPartsOperation(const Descriptor& socket, std::span<const Bytes> parts) noexcept
      : KernelOperation(socket.get(), SendMessage{&message_}), rest_(parts) {
    enough_ = std::numeric_limits<std::size_t>::max();  // the parts know
    take_parts();
  }
  bool await_ready() const noexcept { return message_.msg_iovlen == 0; }
  void await_resume() const { static_cast<void>(value()); }

 private:
  void take_parts() noexcept;
  bool finished(int result) noexcept override;

  std::span<const Bytes> rest_;
  std::size_t first_sent_ = 0;  // bytes of rest_[0] that are out
  std::array<iovec, parts_per_call_max> vector_;
  msghdr message_ = {};
};

class SendMessageOperation final : public KernelOperation {
 public:
  SendMessageOperation(const MessageQueueHandle& queue, Bytes bytes, const Address& peer) noexcept
      : KernelOperation(socket_of(queue), SendMessage{&message_}),
        peer_(peer),
        part_{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()} {
    message_.msg_name = peer_.data();
    message_.msg_namelen = peer.size();
    message_.msg_iov = &part_;
    message_.msg_iovlen = 1;
  }
  void await_resume() const {
    if (result() < 0) [[unlikely]]
      cannot_send();
  }

 private:
  [[noreturn]] void cannot_send() const;

  Address peer_;
  iovec part_;
  msghdr message_ = {};
};

}  // namespace detail

class Socket {
 public:
  // Takes over a connected stream socket.
  explicit Socket(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}
  // What waits on `other` goes on, on this one.
  Socket(Socket&& other) noexcept { take_over(other); }
  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) {
      close();
      take_over(other);
    }
    return *this;
  }
  ~Socket() { close(); }

  // A new connection. Throws std::system_error: connection_refused, host_unreachable, timed_out ...
  static Task<Socket> connect(Address peer);
  // Two local sockets connected to each other.
  static std::pair<Socket, Socket> pair();

  // See Flow.
  [[nodiscard]] auto read(MutableBytes buffer) noexcept {
    return Operation<detail::ReceiveOperation, const Descriptor&, MutableBytes, detail::Incoming&>(
        descriptor_, buffer, incoming_);
  }
  [[nodiscard]] auto write(Bytes bytes) noexcept {
    return Operation<detail::SendOperation, const Descriptor&, Bytes>(descriptor_, bytes);
  }
  [[nodiscard]] auto write(std::span<const Bytes> parts) noexcept {
    return Operation<detail::SendPartsOperation, const Descriptor&, std::span<const Bytes>>(
        descriptor_, parts);
  }
  Task<void> shutdown();

  // Closes now. Without it the destructor does. Reads and writes that other tasks have under way
  // fail with operation_canceled, later ones with bad_file_descriptor. The peer sees the end of the
  // stream; or a reset, if bytes were left unread (RFC 1122 section 4.2.2.13) or a large write was
  // broken off.
  void close() noexcept {
    if (descriptor_) let_go();
  }
  // The connection is torn down with a reset when it closes, instead of in good order.
  void reset_on_close() noexcept;

  // Sends small writes at once instead of collecting them (TCP_NODELAY). On by default: writes here
  // are whole messages.
  void set_no_delay(bool on);
  // Probes a silent TCP peer after `idle`, so that one that is gone is noticed (SO_KEEPALIVE,
  // TCP_KEEPIDLE).
  void set_keep_alive(bool on, std::chrono::seconds idle = std::chrono::seconds(60));

  // This end, and the peer's.
  Address local_address() const;
  Address peer_address() const;
  // For system calls of your own; the socket still owns it.
  int descriptor() const noexcept { return descriptor_.get(); }

 private:
  void let_go() noexcept;
  void take_over(Socket& other) noexcept {
    descriptor_ = std::move(other.descriptor_);
    incoming_ = std::exchange(other.incoming_, {});
    if (incoming_.reader != nullptr) incoming_.reader->follow(incoming_);
  }

  Descriptor descriptor_;
  detail::Incoming incoming_;
};

// How a listener or a datagram socket is opened.
struct ListenOptions {
  ListenOptions() noexcept {}
  // Connections that the kernel holds until they are accepted (capped by net.core.somaxconn).
  int backlog_connections = 4096;
  // Several listeners, each of a loop of its own, share one port (SO_REUSEPORT).
  bool share_port = false;
  // An address that is in use is tried again for so long, while the loop stands still. A process
  // that used io_uring and has ended, or was killed, leaves its sockets to the kernel, which takes
  // some milliseconds to end what was under way on them; on a busy machine half a second. Local
  // sockets with a path are not tried again, as their files stay.
  Duration address_awaited_for = std::chrono::seconds(1);
};

// Accepts connections. With io_uring one multishot request brings them in; those that nobody has
// taken yet wait in a queue of bounded length. When descriptors or memory run out, accept() waits
// until some are free again.
class Acceptor {
 public:
  // Binds and listens. Throws std::system_error that names the address: address_in_use,
  // permission_denied ...
  explicit Acceptor(const Address& address, ListenOptions options = ListenOptions());

  // Takes over a socket that listens already; `shared` with other processes, as the ones are that a
  // service manager hands over.
  explicit Acceptor(Descriptor listener, bool shared)
      : queue_(new detail::AcceptQueue(std::move(listener), shared)) {}

  // Awaitable of a Socket. See Listener. Several tasks may wait at once.
  [[nodiscard]] auto accept() noexcept {
    return Operation<detail::AcceptOperation, const detail::AcceptQueueHandle&>(queue_);
  }

  // Listens no more; without it the destructor sees to that. Tasks that wait in accept() fail with
  // operation_canceled, later calls with bad_file_descriptor. Connections that nobody has taken are
  // closed.
  void close() noexcept { queue_.reset(); }

  // As Listener says. What waits in the kernel for a shared socket is left to the others.
  void finish() noexcept {
    if (queue_ != nullptr) queue_->finish();
  }
  // As the process may have descriptors for (RLIMIT_NOFILE), less those that it has and some for
  // files.
  std::size_t connections_max() const noexcept;

  // With the port that the kernel chose, if it was asked for port 0.
  Address local_address() const;

 private:
  detail::AcceptQueueHandle queue_;
};

// UDP: messages with a peer each, unreliable and unordered. With io_uring one multishot request
// brings them in for a socket that is read from again and again; those that nobody has taken yet
// wait in a queue of bounded length.
class Datagrams {
 public:
  using Received = detail::ReceivedMessage;

  // Bound to `address`; port 0 lets the kernel choose. Throws std::system_error.
  explicit Datagrams(const Address& address, ListenOptions options = ListenOptions());

  // Waits for a message. A previous send's error that the kernel reports here (connection_refused)
  // is passed over. Several tasks may wait at once: first come, first served.
  [[nodiscard]] auto receive(MutableBytes buffer) noexcept {
    return Operation<detail::ReceiveMessageOperation, const detail::MessageQueueHandle&,
                     MutableBytes>(queue_, buffer);
  }
  // Sends one message whole. Throws std::system_error: message_size, network_unreachable ...
  [[nodiscard]] auto send(Bytes message, const Address& peer) noexcept {
    return Operation<detail::SendMessageOperation, const detail::MessageQueueHandle&, Bytes,
                     Address>(queue_, message, peer);
  }

  // Closes now. Without it the destructor does. Tasks that wait in receive() or send() fail with
  // operation_canceled, later calls with bad_file_descriptor.
  void close() noexcept { queue_.reset(); }

  // Where it is bound, with the port that the kernel chose for port 0.
  Address local_address() const;

 private:
  detail::MessageQueueHandle queue_;
};

}  // namespace sundog
