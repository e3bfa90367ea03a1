// What io/flow.hpp promises of things that have close(), when they go under tasks that wait.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <system_error>
#include <vector>

#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/error_of.hpp"

namespace sundog::contract {

template <class Object>
concept Closable = requires(Object& object) { object.close(); };

// How a thing goes: closed or destroyed, as soon as somebody waits for it or a while after.
struct Going {
  Going(bool is_destroyed, Duration after) noexcept : destroyed(is_destroyed), wait(after) {}
  bool destroyed;
  Duration wait;
};
inline const std::vector<Going> goings = {{false, Duration::zero()},
                                          {false, std::chrono::milliseconds(1)},
                                          {true, Duration::zero()},
                                          {true, std::chrono::milliseconds(1)}};

// wait(object) gives a task that waits for it; so many of them do when it goes.
template <Closable Object, class Wait>
Task<void> ends_what_waits(std::optional<Object>& object, Going going, std::size_t waiter_count,
                           Wait wait) {
  std::vector<std::error_code> errors;
  const auto wait_once = [&]() -> Task<void> {
    const std::error_code error = co_await error_of(wait(*object));
    errors.push_back(error);
  };
  co_await scope([&](Scope& tasks) -> Task<void> {
    for (std::size_t i = 0; i < waiter_count; ++i) tasks.spawn(wait_once());
    co_await sleep(going.wait);
    if (going.destroyed) {
      object.reset();
    } else {
      object->close();
    }
  });
  CHECK(errors.size() == waiter_count);
  for (const std::error_code& error : errors) CHECK(error == std::errc::operation_canceled);
  if (going.destroyed) co_return;
  const std::error_code later = co_await error_of(wait(*object));
  CHECK(later == std::errc::bad_file_descriptor);
}

}  // namespace sundog::contract
