// Callback: a function that is kept to be called again and again, and that may destroy the object
// that keeps it.
//
//   std::optional<Alarm> alarm;
//   alarm.emplace(1s, [&] { alarm.reset(); });   // destroys the alarm, and this very function
//
// The function must be short and must not throw: an exception ends the program.
#pragma once

#include <functional>
#include <utility>

#include "sundog/runtime/language/assert.hpp"

namespace sundog {

class Callback {
 public:
  explicit Callback(std::function<void()> function) noexcept : function_(std::move(function)) {}
  ~Callback() {
    if (ended_ != nullptr) *ended_ = true;
  }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;

  // Calls the function. After this the callback may be gone.
  void operator()() noexcept {
    SUNDOG_ASSERT(ended_ == nullptr, "a callback must not call itself");
    // It runs on this stack, where nobody destroys it, and goes back if there is still a place.
    std::function<void()> running = std::move(function_);
    bool ended = false;
    ended_ = &ended;
    running();
    if (ended) return;
    ended_ = nullptr;
    function_ = std::move(running);
  }

 private:
  std::function<void()> function_;
  bool* ended_ = nullptr;  // while the function runs: to be told that this is destroyed
};

}  // namespace sundog
