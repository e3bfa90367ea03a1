#include "sundog/io/sim/flow.hpp"

#include <memory>
#include <system_error>
#include <utility>

#include "sundog/io/sim/operation.hpp"
#include "sundog/io/sim/ports.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::sim {
namespace {

class SocketOperation : public Operation {
 public:
  explicit SocketOperation(StreamSocket& socket) noexcept
      : Operation(socket.host()), socket_(socket) {}

 protected:
  ~SocketOperation() = default;
  StreamSocket& socket_;  // which the task that waits shares

 private:
  std::uint64_t object() const noexcept override { return socket_.object(); }
  void withdraw() noexcept override { socket_.withdraw(*this); }
};

class Receive final : public SocketOperation {
 public:
  Receive(StreamSocket& socket, MutableBytes buffer) noexcept
      : SocketOperation(socket), buffer_(buffer) {}

 private:
  std::string_view name() const noexcept override { return "receive"; }
  std::optional<int> attempt() override { return socket_.receive(*this, buffer_); }
  MutableBytes buffer_;
};

class Send final : public SocketOperation {
 public:
  Send(StreamSocket& socket, Bytes bytes) noexcept : SocketOperation(socket), bytes_(bytes) {}

 private:
  std::string_view name() const noexcept override { return "send"; }
  std::optional<int> attempt() override { return socket_.send(*this, bytes_); }
  Bytes bytes_;
};

class Shutdown final : public SocketOperation {
 public:
  using SocketOperation::SocketOperation;

 private:
  std::string_view name() const noexcept override { return "shutdown"; }
  std::optional<int> attempt() override { return socket_.shutdown(); }
};

class Accept final : public Operation {
 public:
  explicit Accept(Acceptor& acceptor) noexcept : Operation(acceptor.host()), acceptor_(acceptor) {}
  SocketHandle& accepted() noexcept { return accepted_; }

 private:
  std::string_view name() const noexcept override { return "accept"; }
  std::uint64_t object() const noexcept override { return acceptor_.object(); }
  std::optional<int> attempt() override { return acceptor_.accept(*this, accepted_); }
  void withdraw() noexcept override { acceptor_.withdraw(); }

  Acceptor& acceptor_;
  // Closed with this, should the task be cancelled before it can take it.
  SocketHandle accepted_;
};

}  // namespace

namespace {

// Not members: a flow may move, or be closed and go, while its calls are under way.
using SharedSocket = std::shared_ptr<StreamSocket>;

Task<std::size_t> read_from(SharedSocket socket, MutableBytes buffer) {
  if (socket == nullptr) throw_closed("receive");
  for (;;) {
    const int result = co_await Receive(*socket, buffer);
    if (result >= 0) co_return static_cast<std::size_t>(result);
    if (!try_once_more(result)) throw_error(result, "receive");
  }
}

Task<void> write_to(SharedSocket socket, Bytes bytes) {
  if (socket == nullptr) throw_closed("send");
  while (!bytes.empty()) {
    const int result = co_await Send(*socket, bytes);
    if (result >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(result));
    } else if (exhausted(result)) {
      SUNDOG_PROBE("a write waited for memory");
      co_await sleep(exhausted_pause);
    } else if (!try_once_more(result)) {
      throw_error(result, "send");
    }
  }
}

Task<void> write_parts_to(SharedSocket socket, std::span<const Bytes> parts) {
  if (socket == nullptr) throw_closed("send");
  for (const Bytes part : parts) co_await write_to(socket, part);
}

Task<void> shut_down(SharedSocket socket) {
  if (socket == nullptr) throw_closed("shutdown");
  for (;;) {
    const int result = co_await Shutdown(*socket);
    if (result >= 0) co_return;
    if (!try_once_more(result)) throw_error(result, "shutdown");
  }
}

Task<SimFlow> accept_from(std::shared_ptr<Acceptor> acceptor) {
  if (acceptor == nullptr) throw_closed("accept");
  const Mutex::Guard first_in_line = co_await acceptor->line().lock();
  for (;;) {
    Accept operation(*acceptor);
    const int result = co_await operation;
    if (result >= 0) {
      co_return SimFlow(std::move(operation.accepted()), acceptor->bound().address().is_v6());
    }
    if (exhausted(result)) {
      SUNDOG_PROBE("an accept waited for descriptors or memory");
      co_await sleep(exhausted_pause);
    } else if (!try_once_more(result)) {
      throw_error(result, "accept");
    }
  }
}

}  // namespace

Task<std::size_t> SimFlow::read(MutableBytes buffer) { return read_from(socket_.share(), buffer); }
Task<void> SimFlow::write(Bytes bytes) { return write_to(socket_.share(), bytes); }
Task<void> SimFlow::write(std::span<const Bytes> parts) {
  return write_parts_to(socket_.share(), parts);
}
Task<void> SimFlow::shutdown() { return shut_down(socket_.share()); }

StreamSocket& SimFlow::socket() const {
  if (!socket_) throw_closed("a closed flow has no address");
  return *socket_;
}

Task<SimFlow> SimListener::accept() { return accept_from(acceptor_); }

void SimListener::close() noexcept {
  if (acceptor_ == nullptr) return;
  acceptor_->close();
  acceptor_.reset();
}

Endpoint SimListener::local_address() const {
  if (acceptor_ == nullptr) throw_closed("a closed listener has no address");
  return acceptor_->bound();
}

}  // namespace sundog::sim
