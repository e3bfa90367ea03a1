// DirectListener: where connections come in to Sundog's own stack, as a Listener; and the wait for
// one.
#pragma once

#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/net/tcp/flow.hpp"
#include "sundog/io/net/tcp/tcp_listener.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog::net {

namespace tcp {

// Waits for a connection: first come, first served.
class AcceptOne final : public AttemptedWait<AcceptOne> {
 public:
  explicit AcceptOne(std::shared_ptr<TcpListener> listener) noexcept
      : listener_(std::move(listener)) {}
  // One that was handed over and that nobody took is closed.
  ~AcceptOne() {
    if (accepted_) accepted_->close();
  }

  DirectConnection await_resume();

  bool try_now();
  WaitQueue& line() noexcept { return listener_->acceptors_; }

 private:
  friend class TcpListener;
  std::string describe() const override;

  // Which may be closed, and its owner gone, before this has ended.
  std::shared_ptr<TcpListener> listener_;
  SocketHandle accepted_;
  // None, or why there is no connection.
  std::errc error_{};
};

}  // namespace tcp

// The stack outlives it.
class DirectListener {
 public:
  explicit DirectListener(std::shared_ptr<tcp::TcpListener> listener) noexcept
      : listener_(std::move(listener)) {}
  DirectListener(DirectListener&& other) noexcept = default;
  DirectListener& operator=(DirectListener&& other) noexcept {
    std::swap(listener_, other.listener_);
    return *this;
  }
  ~DirectListener() {
    if (listener_ != nullptr) listener_->close();
  }

  // See Listener.
  auto accept() { return Operation<tcp::AcceptOne, std::shared_ptr<tcp::TcpListener>>(listener_); }
  // Listens no more; without it the destructor sees to that. Tasks that wait in accept() fail with
  // operation_canceled, later calls with bad_file_descriptor. Connections that nobody has accepted
  // are reset.
  void close() noexcept { listener_->close(); }
  // Lets nobody in any more, but waits for those who may believe that they are, for up to a
  // second.
  void finish() noexcept { listener_->finish(); }

  // With the port that was chosen, if it was asked for port 0.
  Endpoint local_address() const noexcept { return listener_->bound(); }

 private:
  std::shared_ptr<tcp::TcpListener> listener_;
};

static_assert(FinishingListener<DirectListener>);

}  // namespace sundog::net
