// CutShort: a task that something beside it may end early, such as a deadline (timers/timeout.hpp)
// or a request to stop (stop_flag.hpp).
//
// When the cause comes the task is cancelled, and the wait ends once its frames are gone. If the
// task's operation completed just as it was cancelled, the task goes on with it, and if it then
// ends, its value counts after all. A cancellation from above goes on upwards: it never looks like
// the cause.
#pragma once

#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>

#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/single_child.hpp"

namespace sundog::detail {

// Cause derives from this. Its withdraw() is called when the task has ended: the cause no longer
// matters then.
template <class T, class Cause>
class CutShort : public SingleChild<T> {
 public:
  using SingleChild<T>::SingleChild;

  bool await_ready() const noexcept { return false; }

 protected:
  ~CutShort() = default;

  // The cause has come.
  void cut_short() noexcept { this->job_.cancel(); }
  // The task has left no value: it was cut short.
  bool was_cut_short() const noexcept { return unwound_; }

  // Empty, or false for a task without value, if the task was cut short.
  auto value_if_any() {
    if constexpr (std::is_void_v<T>) {
      if (was_cut_short()) return false;
      this->take();
      return true;
    } else {
      return was_cut_short() ? std::optional<T>() : std::optional<T>(this->take());
    }
  }

 private:
  void cancel_below() noexcept override {
    cancelled_ = true;
    this->job_.cancel();
  }
  std::coroutine_handle<> child_ended(Job&, bool unwound) noexcept override {
    static_cast<Cause&>(*this).withdraw();
    unwound_ = unwound;
    if (unwound && cancelled_) {
      SUNDOG_PROBE("what could be cut short was cancelled from above");
      this->unwind();
      return std::noop_coroutine();
    }
    return this->continue_inline();
  }

  bool cancelled_ = false;
  bool unwound_ = false;
};

}  // namespace sundog::detail
