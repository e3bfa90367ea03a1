// Stream<T>: a coroutine that gives many values, one each time it is asked (Lwt_stream).
//
//   Stream<int> count(int end) {
//     for (int i = 0; i < end; ++i) {
//       co_await sleep(1s);
//       co_yield i;
//     }
//   }
//   Stream<int> numbers = count(3);
//   for (;;) {
//     const std::optional<int> number = co_await numbers.next();
//     if (!number) break;
//   }
//
// Lazy: the generator runs only while somebody waits in next(), as part of that task, from one
// co_yield to the next. It may await whatever a task may. One task at a time may ask. An exception
// that leaves the generator comes out of next() and ends the stream. Destroying the stream destroys
// the generator at its co_yield. A next() that is cancelled while the generator waits destroys it
// too: the stream is then cut off rather than at its end, and asking it again throws Canceled. (For
// values that must survive such a loss, use a Channel.)
#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/canceled.hpp"
#include "sundog/runtime/link.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

template <class T>
class Stream;

namespace detail {

template <class T>
class StreamPromise : public PromiseBase {
 public:
  // Hands over to whoever waits in next(). The value stays in the generator's frame until it is
  // resumed.
  class Yielded {
   public:
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(
        std::coroutine_handle<StreamPromise> frame) const noexcept {
      return frame.promise().link->parent()->handle();
    }
    void await_resume() const noexcept {}
  };

  Stream<T> get_return_object() noexcept { return Stream<T>(this); }
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalSuspend final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { error = std::current_exception(); }
  void return_void() noexcept {}
  Yielded yield_value(T&& produced) noexcept {
    value = std::addressof(produced);
    return {};
  }
  Yielded yield_value(const T& produced)
    requires std::is_copy_constructible_v<T>
  {
    copy.emplace(produced);
    value = &*copy;
    return {};
  }

  T* value = nullptr;  // what was yielded, to be moved from; null when the generator has returned
  std::optional<T> copy;
  std::exception_ptr error;
};

}  // namespace detail

template <class T>
class [[nodiscard]] Stream {
 public:
  using promise_type = detail::StreamPromise<T>;

  Stream(Stream&& other) noexcept
      : generator_(std::exchange(other.generator_, nullptr)),
        asked_(other.asked_),
        cut_off_(other.cut_off_) {
    check_idle();
  }
  Stream& operator=(Stream&& other) noexcept {
    check_idle();
    other.check_idle();
    std::swap(generator_, other.generator_);
    std::swap(cut_off_, other.cut_off_);
    return *this;
  }
  ~Stream() {
    if (generator_ != nullptr) generator_->handle().destroy();
  }

  class NextWait final : private Link {
   public:
    explicit NextWait(Stream* stream) noexcept : stream_(*stream) {
      stream_.check_idle();
      stream_.asked_ = true;
      // The generator is ours as long as it runs: a cancelled job destroys the frames of its chain
      // by their links.
      child = std::exchange(stream_.generator_, nullptr);
      has_asked_ = child != nullptr;
    }
    NextWait(const NextWait&) = delete;
    NextWait& operator=(const NextWait&) = delete;
    ~NextWait() {
      stream_.asked_ = false;
      if (child != nullptr) {
        stream_.generator_ = &generator();
      } else if (has_asked_) {
        stream_.cut_off_ = true;
      }
    }

    // At its end a stream can be asked at once, but not without end either.
    bool await_ready() const noexcept {
      return child == nullptr && Scheduler::current().may_go_on();
    }
    template <class Promise>
    std::coroutine_handle<> await_suspend(
        std::coroutine_handle<Promise> frame,
        std::source_location at = std::source_location::current()) noexcept {
      static_assert(std::is_base_of_v<PromiseBase, Promise>,
                    "only coroutines of this runtime (Task, Stream) can await a Stream");
      Scheduler& scheduler = Scheduler::current();
      if (child == nullptr) [[unlikely]] {
        scheduler.yield(frame.promise());
        return std::noop_coroutine();
      }
      set_parent(frame.promise());
      where = at;
      child->link = this;
      generator().value = nullptr;
      if (scheduler.may_go_on()) [[likely]]
        return child->handle();
      scheduler.yield(*child);
      return std::noop_coroutine();
    }
    std::optional<T> await_resume() {
      if (child == nullptr) {
        if (stream_.cut_off_) throw Canceled();
        return std::nullopt;
      }
      if (generator().value != nullptr) return std::optional<T>(std::move(*generator().value));
      const std::exception_ptr error = std::move(generator().error);
      has_asked_ = false;
      destroy_child(*this);
      if (error != nullptr) {
        SUNDOG_PROBE("a stream failed");
        std::rethrow_exception(error);
      }
      return std::nullopt;
    }

   private:
    promise_type& generator() const noexcept { return *static_cast<promise_type*>(child); }
    Stream& stream_;
    bool has_asked_;  // a generator that has not answered yet
  };

  // Awaitable of the next value; empty at the end, and ever after. Throws Canceled after an earlier
  // next() was cancelled. The stream must stay where it is meanwhile.
  [[nodiscard]] Operation<NextWait, Stream*> next() { return Operation<NextWait, Stream*>(this); }

 private:
  friend promise_type;
  explicit Stream(promise_type* generator) noexcept : generator_(generator) {}
  void check_idle() const {
    SUNDOG_ASSERT(!asked_,
                  "one task at a time may wait for a stream, and it must stay in its place");
  }

  promise_type* generator_;
  bool asked_ = false;
  bool cut_off_ = false;
};

}  // namespace sundog
