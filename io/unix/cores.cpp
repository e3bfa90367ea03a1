#include "sundog/io/unix/cores.hpp"

#include <sched.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

#include "sundog/io/run.hpp"
#include "sundog/io/unix/notifier.hpp"
#include "sundog/runtime/dropped.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

// What the threads have in common while they run; the lock is taken at the start and at the end of
// each only.
class Cores {
 public:
  Cores(std::size_t count, const std::function<Task<void>(Core)>& service)
      : service_(service), stops_(count, nullptr) {}

  void run_core(std::size_t index) noexcept {
    try {
      run(until_stopped(index));
    } catch (...) {
      failed(std::current_exception());
    }
  }
  void failed(std::exception_ptr error) noexcept {
    const std::lock_guard lock(mutex_);
    if (failure_ != nullptr) {
      SUNDOG_PROBE("a second core failed");
      report_dropped(std::move(error), std::source_location::current());
      return;
    }
    failure_ = std::move(error);
    for (Notifier* stop : stops_) {
      if (stop != nullptr) stop->notify();
    }
  }
  void rethrow() const {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
  }

 private:
  // This core's notifier, in the list for as long as it lives.
  class Registration {
   public:
    Registration(Cores& cores, std::size_t index) : cores_(cores), index_(index) {
      const std::lock_guard lock(cores_.mutex_);
      cores_.stops_[index_] = &stop;
      if (cores_.failure_ != nullptr) {
        SUNDOG_PROBE("a core began after another had failed");
        stop.notify();
      }
    }
    ~Registration() {
      const std::lock_guard lock(cores_.mutex_);
      cores_.stops_[index_] = nullptr;
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    Notifier stop;

   private:
    Cores& cores_;
    std::size_t index_;
  };

  static Task<void> stopped(Notifier& stop) { co_await stop.wait(); }

  Task<void> until_stopped(std::size_t index) {
    Registration registration(*this, index);
    Task<void> service = service_(Core(index, stops_.size()));
    co_await pick(std::move(service), stopped(registration.stop));
  }

  const std::function<Task<void>(Core)>& service_;
  std::mutex mutex_;
  std::vector<Notifier*> stops_;
  std::exception_ptr failure_;
};

}  // namespace

std::size_t usable_cores() noexcept {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) < 0) return 1;
  return static_cast<std::size_t>(CPU_COUNT(&set));
}

void detail::run_on_cores(std::size_t count, const std::function<Task<void>(Core)>& service) {
  SUNDOG_ASSERT(count > 0, "a service runs on one core at least");
  Cores cores(count, service);
  std::vector<std::thread> threads;
  threads.reserve(count - 1);  // nothing may fail while threads run
  for (std::size_t index = 1; index < count; ++index) {
    try {
      threads.emplace_back([&cores, index] { cores.run_core(index); });
    } catch (const std::system_error& error) {
      SUNDOG_PROBE("there was no thread for a core");
      const std::string what = "core " + std::to_string(index) + " of " + std::to_string(count) +
                               " has no thread: ask for fewer, or raise the limit (ulimit -u, or "
                               "the container's pids.max)";
      cores.failed(std::make_exception_ptr(std::system_error(error.code(), what)));
      break;
    } catch (const std::bad_alloc&) {
      SUNDOG_PROBE("there was no memory for a core's thread");
      cores.failed(std::current_exception());
      break;
    }
  }
  cores.run_core(0);
  for (std::thread& thread : threads) thread.join();
  cores.rethrow();
}

}  // namespace sundog
