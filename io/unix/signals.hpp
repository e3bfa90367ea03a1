// Signals of the process as something to await.
//
//   Signals stop({SIGTERM, SIGINT});
//   const int number = co_await stop.next();
//
// From its construction to its destruction a Signals object receives every occurrence of its
// signals; what they did before is restored then. Several objects may listen for the same signal,
// also in several loops: each is told. As with the kernel, occurrences that come close together may
// be one. In a child of fork() nobody listens any more, and signals do what they did before.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>

#include "sundog/io/unix/notifier.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

class Signals {
 public:
  // So many objects can listen at once in one process.
  static constexpr std::size_t listeners_max = 64;

  // Throws std::system_error for a signal that cannot be caught, or when there are too many
  // listeners.
  explicit Signals(std::initializer_list<int> signals);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Waits for the next signal and gives its number; the lowest number first if several have come.
  // One task at a time.
  Task<int> next();

 private:
  static void handle(int signal) noexcept;

  std::uint64_t mask_ = 0;
  std::atomic<std::uint64_t> arrived_ = 0;
  Notifier notifier_;
  std::size_t slot_ = 0;
};

}  // namespace sundog
