// How Acceptor::accept() waits: a queue of connections on one side, of tasks on the other. Included
// by socket.hpp.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/request.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/timers/timers.hpp"

namespace sundog {
class Socket;
}

namespace sundog::detail {

class AcceptOperation;

// Belongs to an Acceptor and lives on until the kernel has answered its last request.
//
//            begin()                     answer, more                 queue full: cancel()
//   idle --------------> accepting -------------------> accepting ----------------------> stopping
//    ^                        | last answer, or out of descriptors                           |
//    |                        v                                                              |
//    +---- queue empty -- resting <------------------------- last answer --------------------+
class AcceptQueue final : private Request, private Timer {
 public:
  // So many accepted connections wait for accept() at most; further ones stay in the kernel's
  // queue.
  static constexpr std::size_t connections_max = 64;
  // How long to wait before trying again when descriptors or memory are exhausted and none was
  // given back meanwhile.
  static constexpr Duration exhausted_pause = std::chrono::milliseconds(50);

  explicit AcceptQueue(Descriptor listener);

  int listener() const noexcept { return listener_.get(); }
  // The Acceptor is gone: this object ends, now or with the kernel's last answer.
  void abandon() noexcept;

 private:
  friend class AcceptOperation;

  void start() noexcept;
  void completed(int result, bool more, bool left) noexcept override;
  void fired() override { start(); }
  void hand_out() noexcept;
  void keep(int connection) noexcept;
  int take() noexcept;

  Descriptor listener_;
  std::vector<int> connections_;  // oldest at taken_
  std::size_t taken_ = 0;
  AcceptOperation* first_ = nullptr;
  AcceptOperation* last_ = nullptr;
  int error_ = 0;
  bool under_way_ = false;
  bool stopping_ = false;
  bool abandoned_ = false;
};

class AcceptOperation final : private Wait {
 public:
  explicit AcceptOperation(AcceptQueue& queue) noexcept : queue_(queue) {}
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

  std::string describe() const override;
  void cancel() noexcept override;
  void enqueue() noexcept;

  AcceptQueue& queue_;
  AcceptOperation* next_ = nullptr;
  AcceptOperation* previous_ = nullptr;
  int fd_ = -1;
  int error_ = 0;
};

}  // namespace sundog::detail
