// How Acceptor::accept() waits: a queue of connections on one side, of tasks on the other
// (multishot.hpp).
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/multishot.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/list.hpp"
#include "sundog/timers/timers.hpp"

namespace sundog {

class Socket;

namespace detail {

class AcceptOperation;

// Belongs to an Acceptor. When descriptors or memory are exhausted it rests for a while.
class AcceptQueue final : public Multishot, private Timer {
 public:
  // So many accepted connections wait for accept() at most; further ones stay in the kernel's
  // queue.
  static constexpr std::size_t connections_max = 64;
  // How long to wait before trying again when descriptors or memory are exhausted and none was
  // given back meanwhile.
  static constexpr Duration exhausted_pause = std::chrono::milliseconds(50);

  // `shared`: other processes accept from the socket too, now or later.
  AcceptQueue(Descriptor listener, bool shared);

  int listener() const noexcept { return fd; }
  // Lets nobody in any more; gives out who had come, then operation_canceled.
  void finish() noexcept;
  // Closes the listener: those who wait end with operation_canceled. Instead of delete.
  void close() noexcept;
  struct Close {
    void operator()(AcceptQueue* queue) const noexcept { queue->close(); }
  };

 private:
  friend class AcceptOperation;

  void came(int connection) noexcept override;
  void ended(int result) noexcept override;
  bool is_full() const noexcept override { return waiting() >= connections_max; }
  bool is_waited_for() const noexcept override { return !tasks_.empty(); }
  void drop() noexcept override;
  void fired() override { accept(); }

  std::size_t waiting() const noexcept { return connections_.size() - taken_; }
  void accept() noexcept;
  void rest() noexcept;
  void take_backlog() noexcept;
  void tell_of_exhaustion(int error) noexcept;
  void hand_out() noexcept;
  int take() noexcept;

  Descriptor listener_;
  std::vector<int> connections_;  // oldest at taken_
  std::size_t taken_ = 0;
  List<AcceptOperation> tasks_;
  int error_ = 0;
  const bool shared_;
  bool finishing_ = false;
  bool told_of_exhaustion_ = false;
};

// An Acceptor's; null when that is closed.
using AcceptQueueHandle = std::unique_ptr<AcceptQueue, AcceptQueue::Close>;

class AcceptOperation final : private Wait, private ListLink {
 public:
  explicit AcceptOperation(const AcceptQueueHandle& queue) noexcept : queue_(queue.get()) {}
  // A connection that was handed over to a task that never took it is closed.
  ~AcceptOperation();

  bool await_ready() noexcept;
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (suspend(frame, at)) enqueue();
  }
  Socket await_resume();

 private:
  friend class AcceptQueue;
  friend class List<AcceptOperation>;

  std::string describe() const override;
  void cancel() noexcept override;
  void enqueue() noexcept;

  AcceptQueue* queue_;  // null: the listener was closed before
  int fd_ = -1;
  int error_ = 0;
};

}  // namespace detail

}  // namespace sundog
