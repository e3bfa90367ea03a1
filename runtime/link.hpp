// Link: how one coroutine frame hangs below another.
//
// A frame that awaits a task holds a Link, inside the awaiter in its own frame; the awaited frame
// points back to it. The chain is walked upwards only: to continue the parent when a child ends, to
// destroy frames from the leaf up when a job is cancelled, and to print who waits for whom. The
// root of a job hangs below the job itself, whose Link has no parent.
//
//   job (Link, parent = null) <- root frame <- Link in its awaiter <- child frame <- ...
//                                                            ... <- leaf frame, which waits
#pragma once

#include <coroutine>
#include <cstddef>
#include <source_location>

#include "runtime/frame_pool.hpp"

namespace sundog {

class PromiseBase;

struct Link {
  explicit Link(PromiseBase* child_frame = nullptr) noexcept : child(child_frame) {}

  PromiseBase* child = nullptr;   // owned: destroyed with the link, or by the job's unwinding
  PromiseBase* parent = nullptr;  // the frame that awaits; null for the root frame of a job
  std::source_location where;     // the co_await (or, for a job, the place that made it)
};

// What every coroutine of the runtime has in its promise. Kept to one word: a task costs little.
class PromiseBase : public Pooled {
 public:
  Link* link = nullptr;

  // Promises are never aligned beyond 16 bytes (task.hpp asserts it), so that a promise always
  // stands at the same distance from its frame and the handle can be computed from the base class.
  std::coroutine_handle<> handle() noexcept {
    return std::coroutine_handle<PromiseBase>::from_promise(*this);
  }
  static constexpr std::size_t alignment_max = 2 * sizeof(void*);
};

// Destroys the child of a link, if it has one. The child must not be waiting for an operation: it
// has not started, or has ended. (A waiting frame is destroyed by its job alone, after the
// operation has given back what it borrowed.)
inline void destroy_child(Link& link) noexcept {
  if (link.child != nullptr) {
    PromiseBase* child = link.child;
    link.child = nullptr;
    child->handle().destroy();
  }
}

}  // namespace sundog
