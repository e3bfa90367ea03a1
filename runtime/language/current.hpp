// Current<T>: the one T that belongs to the code running now on this thread.
//
// A scheduler, its timers and its poller belong to one thread and are found through this pointer,
// so that `co_await sleep(1s)` needs no argument that names them. A coroutine never changes its
// thread, so the pointer may be read on either side of a suspension. The simulator, which runs
// several hosts on one thread, sets the pointers as it switches from host to host.
//
// A program and a shared library have one pointer between them, as they have all state that stands
// in headers, also where one of them is compiled with -fvisibility=hidden. So the class says that
// it is visible, and each T must say it too, since what is made of a hidden type is hidden.
#pragma once

#include "sundog/runtime/language/assert.hpp"

namespace sundog {

template <class T>
class [[gnu::visibility("default")]] Current {
 public:
  // The current T. There must be one: most likely run() is missing around the caller.
  static T& get() {
    SUNDOG_ASSERT(
        pointer_ != nullptr,
        "this needs a running main loop: call it inside run(), which a forked child has left");
    return *pointer_;
  }

  // The current T, or null outside of run().
  static T* find() noexcept { return pointer_; }

  // There is none any more, for a thread that finds itself in a copy of its process, where it has
  // no business with what was current.
  static void leave() noexcept { pointer_ = nullptr; }

  // Makes `value` current until the end of the block; what was current before is restored then.
  class Set {
   public:
    explicit Set(T& value) noexcept : before_(pointer_) { pointer_ = &value; }
    ~Set() { pointer_ = before_; }
    Set(const Set&) = delete;
    Set& operator=(const Set&) = delete;

   private:
    T* before_;
  };

 private:
  static inline constinit thread_local T* pointer_ = nullptr;
};

}  // namespace sundog
