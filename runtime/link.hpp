// Link: how one coroutine frame hangs below another.
//
// A frame that awaits a task holds a Link, inside the awaiter in its own frame; the awaited frame
// points back to it. The chain is walked upwards only: to continue the parent when a child ends, to
// destroy frames from the leaf up when a job is cancelled, and to print who waits for whom. The
// root of a job hangs below the job itself, whose Link has no parent but an owner.
//
//   job (Link, owner) <- root frame <- Link in its awaiter (parent) <- child frame <- ...
//                                                            ... <- leaf frame, which waits
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <source_location>

#include "sundog/runtime/frame_pool.hpp"

namespace sundog {

class Owner;
class PromiseBase;

struct Link {
  explicit Link(PromiseBase* child_frame = nullptr) noexcept : child(child_frame) {}

  // The child is the root frame of a job: there is no parent.
  bool is_root() const noexcept { return (above_ & root_bit) != 0; }
  // The frame that awaits the child, which is no root.
  PromiseBase* parent() const noexcept { return reinterpret_cast<PromiseBase*>(above_); }
  void set_parent(PromiseBase& frame) noexcept {
    above_ = reinterpret_cast<std::uintptr_t>(&frame);
  }
  // Who is told when the job has ended whose root frame the child is.
  Owner& owner() const noexcept { return *reinterpret_cast<Owner*>(above_ - root_bit); }
  void set_owner(Owner& owner) noexcept {
    above_ = reinterpret_cast<std::uintptr_t>(&owner) + root_bit;
  }

  PromiseBase* child = nullptr;  // owned: destroyed with the link, or by the job's unwinding
  std::source_location where;    // the co_await (or, for a job, the place that made it)

 private:
  // The parent, or the owner and this bit: jobs are many, and a word less in each counts.
  static constexpr std::uintptr_t root_bit = 1;
  std::uintptr_t above_ = 0;
};

// What every coroutine of the runtime has in its promise. Kept to one word: a task costs little.
class PromiseBase {
 public:
  Link* link = nullptr;

  // Frames come from the pool. Their sizes are not multiples of their alignment, as an object's is.
  static void* operator new(std::size_t bytes) { return FramePool::allocate(whole(bytes)); }
  static void operator delete(void* memory, std::size_t bytes) noexcept {
    FramePool::deallocate(memory, whole(bytes));
  }

  // Promises are never aligned beyond 16 bytes (task.hpp asserts it), so that a promise always
  // stands at the same distance from its frame and the handle can be computed from the base class.
  std::coroutine_handle<> handle() noexcept {
    return std::coroutine_handle<PromiseBase>::from_promise(*this);
  }
  static constexpr std::size_t alignment_max = 2 * sizeof(void*);

 private:
  static constexpr std::size_t whole(std::size_t bytes) noexcept {
    return (bytes + alignment_max - 1) & ~(alignment_max - 1);
  }
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
