#include "sundog/io/unix/signals.hpp"

#include <pthread.h>

#include <bit>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <system_error>

#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

constexpr int signals_max = 64;

// Read by the handler on any thread, at any moment: atomics only. A listener leaves its slot and
// then waits until no handler that might have seen it runs any more.
std::array<std::atomic<Signals*>, Signals::listeners_max> listeners;
std::atomic<int> handlers_running = 0;

// How many listen for each signal, and what it did before the first of them.
std::mutex mutex;
std::array<int, signals_max + 1> listening_count;
std::array<struct sigaction, signals_max + 1> previous;

constexpr std::uint64_t bit(int signal) { return std::uint64_t{1} << (signal - 1); }

template <class Visit>
void for_each_signal(std::uint64_t mask, Visit visit) {
  for (; mask != 0; mask &= mask - 1) visit(std::countr_zero(mask) + 1);
}

// A child of fork() has no loop that listens: signals do there what they did before anybody
// listened.
void before_fork() noexcept { mutex.lock(); }
void after_fork_in_parent() noexcept { mutex.unlock(); }
void after_fork_in_child() noexcept {
  handlers_running.store(0);
  for (auto& slot : listeners) slot.store(nullptr);
  for (std::size_t index = 1; index < listening_count.size(); ++index) {
    if (listening_count[index] == 0) continue;
    SUNDOG_PROBE("a child of fork stopped listening for a signal");
    listening_count[index] = 0;
    ::sigaction(static_cast<int>(index), &previous[index], nullptr);
  }
  mutex.unlock();
}
[[maybe_unused]] const int registered =
    ::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);

}  // namespace

void Signals::handle(int signal) noexcept {
  handlers_running.fetch_add(1, std::memory_order_seq_cst);
  for (auto& slot : listeners) {
    Signals* listener = slot.load(std::memory_order_seq_cst);
    if (listener != nullptr && (listener->mask_ & bit(signal)) != 0) {
      listener->arrived_.fetch_or(bit(signal), std::memory_order_release);
      listener->notifier_.notify();
    }
  }
  handlers_running.fetch_sub(1, std::memory_order_seq_cst);
}

Signals::Signals(std::initializer_list<int> signals) {
  for (const int signal : signals) {
    // Some belong to the C library, which refuses even to tell of them.
    const bool known =
        signal >= 1 && signal <= signals_max && ::sigaction(signal, nullptr, nullptr) == 0;
    if (!known || signal == SIGKILL || signal == SIGSTOP) {
      SUNDOG_PROBE("a signal that cannot be caught");
      throw std::system_error(EINVAL, std::system_category(),
                              "signal " + std::to_string(signal) + " cannot be caught");
    }
    mask_ |= bit(signal);
  }
  const std::lock_guard lock(mutex);
  while (slot_ < listeners.size() && listeners[slot_].load() != nullptr) ++slot_;
  if (slot_ == listeners.size()) {
    SUNDOG_PROBE("too many listen for signals at once");
    throw std::system_error(
        EAGAIN, std::system_category(),
        "too many Signals objects at once: let one of them serve several tasks");
  }
  listeners[slot_].store(this);
  for_each_signal(mask_, [](int signal) {
    const auto index = static_cast<std::size_t>(signal);
    if (listening_count[index]++ > 0) return;
    struct sigaction action = {};
    action.sa_handler = handle;
    action.sa_flags = SA_RESTART;
    ::sigaction(signal, &action, &previous[index]);
  });
}

Signals::~Signals() {
  {
    const std::lock_guard lock(mutex);
    // A forked child has forgotten its parent's listeners.
    if (listeners[slot_].load() != this) return;
    for_each_signal(mask_, [](int signal) {
      const auto index = static_cast<std::size_t>(signal);
      if (--listening_count[index] == 0) ::sigaction(signal, &previous[index], nullptr);
    });
    listeners[slot_].store(nullptr, std::memory_order_seq_cst);
  }
  while (handlers_running.load(std::memory_order_seq_cst) > 0) {
  }
}

Task<int> Signals::next() {
  for (;;) {
    const std::uint64_t arrived = arrived_.load(std::memory_order_acquire);
    if (arrived != 0) {
      const int signal = std::countr_zero(arrived) + 1;
      arrived_.fetch_and(~bit(signal), std::memory_order_acq_rel);
      co_return signal;
    }
    co_await notifier_.wait();
  }
}

}  // namespace sundog
