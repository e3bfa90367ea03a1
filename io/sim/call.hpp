// Call: one thing asked of a simulated kernel, from when it is begun until its result has come
// back.
//
// It is what a system call, or an entry in a submission queue, is elsewhere. The kernel may write
// into its buffers until then, and does so as late as it can; a caller that gives them away too
// early is found by the address sanitizer or by its data. Calls are carried out by the objects they
// name (sockets, files): see attempt().
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sundog/io/sim/event_queue.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog::sim {

class Call {
 public:
  //          begin()            a result            SimPoller::wait()
  //   idle ----------> waiting ------------> done ---------------------> idle
  //
  // While it waits, it has not yet reached the kernel, or is parked at the object it names.
  enum class State : std::uint8_t { idle, waiting, done };

  Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // "receive", "connect": for the trace.
  virtual std::string_view name() const noexcept = 0;
  // The number of the object it names, for the trace.
  virtual std::uint64_t object() const noexcept = 0;

 protected:
  ~Call() {
    SUNDOG_ASSERT(state_ == State::idle,
                  "a simulated kernel still uses this: wait for its result, cancelled or not");
  }

 private:
  friend class SimPoller;

  // Carries it out: a result as the system call would give it, a negated errno, or nothing. Then it
  // has parked itself at its object, which calls SimPoller::retry() when something has changed.
  virtual std::optional<int> attempt() = 0;
  // Takes it away from where it is parked, if it is.
  virtual void withdraw() noexcept = 0;
  // The result has come back: nothing outside uses this any more. -ECANCELED only after
  // SimPoller::cancel().
  virtual void completed(int result) noexcept = 0;
  // Whether the kernel may answer -EINTR and -EAGAIN.
  virtual bool may_be_interrupted() const noexcept { return true; }

  State state_ = State::idle;
  bool cancelled_ = false;
  int result_ = 0;
  // The arrival in the kernel, and the cancellation, as long as they are to come.
  std::optional<EventQueue::Key> arrival_;
  std::optional<EventQueue::Key> cancellation_;
};

}  // namespace sundog::sim
