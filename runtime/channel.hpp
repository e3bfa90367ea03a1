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

#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/handover.hpp"
#include "sundog/runtime/language/ring.hpp"

namespace sundog {

template <class T>
class Channel {
 public:
  using value_type = T;
  // Senders never wait: memory is the limit. Only where something else bounds what is sent.
  static constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

  explicit Channel(std::size_t capacity) : values_(capacity) {}

 private:
  struct Queue {
    static constexpr const char* giving = "channel (to send)";
    static constexpr const char* taking = "channel (to receive)";
    explicit Queue(std::size_t limit) noexcept : capacity(limit) {}
    bool empty() const noexcept { return values.empty(); }
    bool full() const noexcept { return values.size() >= capacity; }
    void push(T&& value) { values.push(std::move(value)); }
    T pop() { return values.pop(); }

    std::size_t capacity;
    Ring<T> values;
  };
  using Values = detail::Handover<T, Queue>;

 public:
  // What send() and receive() give: to be awaited once.
  using Send = Operation<typename Values::Give, Values*, T>;
  using Receive = Operation<typename Values::Take, Values*>;

  // Awaitable of bool: false when the channel is closed, now or while it waits; the value is
  // destroyed then. Throws std::bad_alloc when the queue cannot grow.
  [[nodiscard]] Send send(T value) { return Send(&values_, std::move(value)); }
  // Awaitable of std::optional<T>.
  [[nodiscard]] Receive receive() { return Receive(&values_); }

  // Without waiting: false when there is no room or it is closed; the value is then still the
  // caller's.
  [[nodiscard]] bool try_send(T& value) { return values_.try_give(value); }
  // Without waiting: empty when there is nothing.
  [[nodiscard]] std::optional<T> try_receive() { return values_.try_take(); }

  // No more values: senders get false, receivers get what is queued and then an empty optional.
  // Again: does nothing.
  void close() { values_.close(); }
  bool closed() const noexcept { return values_.closed(); }
  // How many values are queued.
  std::size_t size() const noexcept { return values_.store().values.size(); }

 private:
  Values values_;
};

}  // namespace sundog
