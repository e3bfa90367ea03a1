// Channel<T>: a queue between tasks, with a limit: many may send, many may receive.
//
//   Channel<Request> requests(64);
//   const bool sent = co_await requests.send(std::move(request));
//   const std::optional<Request> next = co_await requests.receive();
//
// send() waits while 64 are queued and gives false when the channel is closed; receive() gives an
// empty optional when it is closed and nothing is left.
//
// Values come out in the order in which they went in, each once. Senders and receivers are served
// first come, first served. A capacity of 0 hands each value from hand to hand. Cancelling a sender
// that waits takes its value back out of the channel; cancelling a receiver that waits takes
// nothing. A receiver that had been given a value just as it was cancelled goes on with it to its
// next wait.
#pragma once

#include <coroutine>
#include <cstddef>
#include <limits>
#include <optional>
#include <source_location>
#include <string>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/language/ring.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog {

template <class T>
class Channel {
 public:
  using value_type = T;
  // Senders never wait: memory is the limit. Only where something else bounds what is sent.
  static constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

  explicit Channel(std::size_t capacity) noexcept : capacity_(capacity) {}

  class SendWait final : private QueuedWait {
   public:
    SendWait(Channel* channel, T value) : channel_(*channel), value_(std::move(value)) {}
    bool await_ready() {
      sent_ = channel_.try_send_from(value_);
      return sent_ || channel_.closed_;
    }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame,
                       std::source_location at = std::source_location::current()) {
      wait_in(channel_.senders_, frame, at);
    }
    bool await_resume() const noexcept { return sent_; }

   private:
    friend class Channel;
    std::string describe() const override { return "channel (to send)"; }
    const Job* waits_for(std::size_t index) const noexcept override {
      return index == 0 ? channel_.last_receiver_ : nullptr;
    }
    Channel& channel_;
    T value_;
    bool sent_ = false;
  };

  class ReceiveWait final : private QueuedWait {
   public:
    explicit ReceiveWait(Channel* channel) noexcept : channel_(*channel) {}
    bool await_ready() {
      value_ = channel_.try_receive();
      return value_.has_value() || channel_.closed_;
    }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame,
                       std::source_location at = std::source_location::current()) {
      wait_in(channel_.receivers_, frame, at);
    }
    std::optional<T> await_resume() { return std::move(value_); }

   private:
    friend class Channel;
    std::string describe() const override { return "channel (to receive)"; }
    const Job* waits_for(std::size_t index) const noexcept override {
      return index == 0 ? channel_.last_sender_ : nullptr;
    }
    Channel& channel_;
    std::optional<T> value_;
  };
  using Send = Operation<SendWait, Channel*, T>;
  using Receive = Operation<ReceiveWait, Channel*>;

  // Awaitable of bool: false when the channel is closed, now or while it waits; the value is
  // destroyed then. Throws std::bad_alloc when the queue cannot grow.
  [[nodiscard]] Send send(T value) { return Send(this, std::move(value)); }
  // Awaitable of std::optional<T>.
  [[nodiscard]] Receive receive() { return Receive(this); }

  // Without waiting: false when there is no room or it is closed; the value is then still the
  // caller's.
  [[nodiscard]] bool try_send(T& value) { return try_send_from(value); }
  // Without waiting: empty when there is nothing.
  [[nodiscard]] std::optional<T> try_receive() {
    last_receiver_ = Scheduler::running_job();
    std::optional<T> value;
    if (!values_.empty()) {
      value.emplace(values_.pop());
      // There is room for one now: whoever has waited longest with a value comes in.
      if (!senders_.empty()) values_.push(std::move(first_sender().value_));
    } else if (!senders_.empty()) {
      SUNDOG_PROBE("a value went from hand to hand");
      value.emplace(std::move(first_sender().value_));
    }
    if (value.has_value() && !senders_.empty()) {
      first_sender().sent_ = true;
      senders_.wake_first();
    }
    return value;
  }

  // No more values: senders get false, receivers get what is queued and then an empty optional.
  // Again: does nothing.
  void close() {
    closed_ = true;
    if (!senders_.empty()) SUNDOG_PROBE("a channel was closed while senders wait");
    if (!receivers_.empty()) SUNDOG_PROBE("a channel was closed while receivers wait");
    senders_.wake_all();
    receivers_.wake_all();
  }
  bool closed() const noexcept { return closed_; }
  // How many values are queued.
  std::size_t size() const noexcept { return values_.size(); }

 private:
  SendWait& first_sender() const noexcept { return static_cast<SendWait&>(*senders_.first()); }

  bool try_send_from(T& value) {
    last_sender_ = Scheduler::running_job();
    if (closed_) {
      SUNDOG_PROBE("a send came to a closed channel");
      return false;
    }
    if (!receivers_.empty()) {
      static_cast<ReceiveWait*>(receivers_.first())->value_.emplace(std::move(value));
      receivers_.wake_first();
      return true;
    }
    if (values_.size() >= capacity_) {
      SUNDOG_PROBE("a channel was full");
      return false;
    }
    values_.push(std::move(value));
    return true;
  }

  std::size_t capacity_;
  bool closed_ = false;
  // For reports of deadlocks only: they may be gone.
  const Job* last_sender_ = nullptr;
  const Job* last_receiver_ = nullptr;
  Ring<T> values_;
  WaitQueue senders_;
  WaitQueue receivers_;
};

}  // namespace sundog
