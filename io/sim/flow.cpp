#include "sundog/io/sim/flow.hpp"

#include <system_error>

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
  StreamSocket& socket_;

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
  void withdraw() noexcept override { acceptor_.withdraw(*this); }

  Acceptor& acceptor_;
  // Closed with this, should the task be cancelled before it can take it.
  SocketHandle accepted_;
};

}  // namespace

Task<std::size_t> SimFlow::read(MutableBytes buffer) {
  for (;;) {
    const int result = co_await Receive(*socket_, buffer);
    if (result >= 0) co_return static_cast<std::size_t>(result);
    if (!try_once_more(result)) throw_error(result, "receive");
  }
}

Task<void> SimFlow::write(Bytes bytes) {
  while (!bytes.empty()) {
    const int result = co_await Send(*socket_, bytes);
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

Task<void> SimFlow::write(std::span<const Bytes> parts) {
  for (const Bytes part : parts) co_await write(part);
}

Task<void> SimFlow::shutdown() {
  for (;;) {
    const int result = co_await Shutdown(*socket_);
    if (result >= 0) co_return;
    if (!try_once_more(result)) throw_error(result, "shutdown");
  }
}

Task<SimFlow> SimListener::accept() {
  for (;;) {
    Accept operation(*acceptor_);
    const int result = co_await operation;
    if (result >= 0) {
      co_return SimFlow(std::move(operation.accepted()), acceptor_->bound().address().is_v6());
    }
    if (exhausted(result)) {
      SUNDOG_PROBE("an accept waited for descriptors or memory");
      co_await sleep(exhausted_pause);
    } else if (!try_once_more(result)) {
      throw_error(result, "accept");
    }
  }
}

}  // namespace sundog::sim
