// Many cores: a main loop for each, which share nothing.
//
//   run_on_cores(4, [](Core core) -> Task<void> { ... });
//
// Each core is a thread of its own with scheduler, timers and poller; a service listens on all of
// them with ListenOptions::share_port, and the kernel spreads the connections. Cores talk by
// messages (mailbox.hpp), never by shared variables.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <thread>

#include "sundog/io/unix/only_unix.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

// Which one this is, of how many.
class Core {
 public:
  Core(std::size_t index, std::size_t count) noexcept : index_(index), count_(count) {}
  std::size_t index() const noexcept { return index_; }
  std::size_t count() const noexcept { return count_; }

 private:
  std::size_t index_;
  std::size_t count_;
};

// How many cores this process may use: its CPU affinity.
std::size_t usable_cores() noexcept;

namespace detail {
void run_on_cores(std::size_t count, const std::function<Task<void>(Core)>& service);
}

// Calls service(core) on `count` threads, the calling one among them, and runs the tasks that it
// gives, or what else can be awaited, each in a loop of its own. Returns when all have ended. The
// first failure ends the others, by cancelling their tasks, and is thrown. Copies of `service` are
// not made: it must not change.
template <class Service>
void run_on_cores(std::size_t count, const Service& service) {
  detail::run_on_cores(count, [&service](Core core) { return as_task(service(core)); });
}

}  // namespace sundog
