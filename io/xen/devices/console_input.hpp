// What is typed at the domain's console (`xl console`), for a task to read.
#pragma once

#include <cstddef>
#include <span>

#include "sundog/io/xen/devices/console.hpp"
#include "sundog/io/xen/event_count.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::xen {

// One at a time; input that came before it was made waits in the ring (1 KiB), and the daemon holds
// the rest back.
class ConsoleInput {
 public:
  ConsoleInput() {
    on_console_input([](void* arrived) { static_cast<EventCount*>(arrived)->advance(); },
                     &arrived_);
  }
  ~ConsoleInput() { on_console_input(nullptr, nullptr); }
  ConsoleInput(const ConsoleInput&) = delete;
  ConsoleInput& operator=(const ConsoleInput&) = delete;

  // Waits for input and copies what there is, at most the buffer's size; the buffer is the caller's
  // until then. A console has no end: the result is never 0.
  Task<std::size_t> read(std::span<char> buffer) {
    for (;;) {
      const auto seen = arrived_.count();
      const std::size_t count = read_console(buffer.data(), buffer.size());
      if (count != 0) co_return count;
      co_await arrived_.after(seen);
    }
  }

 private:
  EventCount arrived_{"console input"};
};

}  // namespace sundog::xen
