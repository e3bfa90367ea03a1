// The floor: the least that a C++20 task can be. A frame from a free list, a value, and who
// continues. No exceptions, no cancellation, no owner. What ours costs beyond this is what those
// cost.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdlib>
#include <deque>
#include <exception>
#include <utility>
#include <vector>

namespace sundog::bench::floor {

inline std::array<std::vector<void*>, 64> free_frames;  // by size, in steps of 16 bytes

struct FreeListed {
  static void* operator new(std::size_t size) {
    auto& frames = free_frames[(size + 15) / 16];
    if (frames.empty()) return std::malloc(size);
    void* const frame = frames.back();
    frames.pop_back();
    return frame;
  }
  static void operator delete(void* frame, std::size_t size) {
    free_frames[(size + 15) / 16].push_back(frame);
  }
};

class Task {
 public:
  struct promise_type : FreeListed {
    Task get_return_object() { return Task(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() { return {}; }
    auto final_suspend() noexcept {
      struct Continue {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> ended) noexcept {
          return ended.promise().parent;
        }
        void await_resume() noexcept {}
      };
      return Continue();
    }
    void return_value(int result) { value = result; }
    void unhandled_exception() { std::terminate(); }
    std::coroutine_handle<> parent = std::noop_coroutine();
    int value = 0;
  };
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) {
    handle_.promise().parent = parent;
    return handle_;
  }
  int await_resume() const { return handle_.promise().value; }
  Handle handle() const { return handle_; }

 private:
  explicit Task(Handle handle) : handle_(handle) {}
  Handle handle_;
};

inline std::deque<std::coroutine_handle<>> ready;

struct Yield {
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> task) const { ready.push_back(task); }
  void await_resume() const {}
};

inline void run_ready() {
  while (!ready.empty()) {
    const auto task = ready.front();
    ready.pop_front();
    task.resume();
  }
}

}  // namespace sundog::bench::floor
