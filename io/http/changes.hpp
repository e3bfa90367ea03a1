// Changes: one task waits until something happens that it wants to look at again.
#pragma once

#include <optional>
#include <utility>

#include "sundog/runtime/future.hpp"

namespace sundog::http {

class Changes {
 public:
  // Costs nothing when nobody waits.
  void happened() {
    if (!waiter_) return;
    auto waiter = std::move(*waiter_);
    waiter_.reset();
    waiter.wakeup();
  }
  // The next thing that happens. One task at a time.
  Task<void> next() {
    auto change = wait<void>();
    waiter_.emplace(std::move(change.second));
    co_await change.first;
  }

 private:
  std::optional<Wakener<void>> waiter_;
};

}  // namespace sundog::http
