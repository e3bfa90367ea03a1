// Trouble: what a simulated world may do to a program at any moment, and the program must
// withstand: an operation fails, or there is no memory. For tests of services, whose clients try
// again.
#pragma once

#include <exception>
#include <new>
#include <system_error>

#include "sundog/runtime/task.hpp"
#include "sundog/runtime/yield.hpp"

namespace sundog::sim {

// For a handler of every exception: throws it on unless it is trouble.
inline void expect_trouble(const std::exception& error) {
  const bool is_trouble = dynamic_cast<const std::system_error*>(&error) != nullptr ||
                          dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
  if (!is_trouble) throw;
}

// Runs fn() again and again until it ends without trouble, as the supervisor of a service does.
template <class Fn>
Task<void> until_it_works(Fn fn) {
  for (;;) {
    try {
      co_await fn();
      co_return;
    } catch (const std::exception& error) {
      expect_trouble(error);
    }
    co_await yield();
  }
}

}  // namespace sundog::sim
