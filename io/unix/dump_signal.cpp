#include "sundog/io/unix/dump_signal.hpp"

#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <exception>
#include <system_error>

#include "sundog/io/console.hpp"
#include "sundog/io/unix/poller.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/dump.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

// The way from the signal handler, on whatever thread, to the loop's thread. Never destroyed: a
// handler may run at any time.
class DumpPost final : public Posted {
 public:
  void open(UnixPoller& poller) noexcept {
    under_way_.clear();
    poller_.store(&poller);
  }
  // Afterwards no handler uses the poller any more.
  void close() noexcept {
    poller_.store(nullptr);
    while (inside_.load() != 0) {
    }
  }
  // In a child of fork(): the loop is the parent's, and so is a handler that was inside.
  void forget() noexcept {
    poller_.store(nullptr);
    inside_.store(0);
  }
  bool is_open() const noexcept { return poller_.load() != nullptr; }

  // In the signal handler.
  void request() noexcept {
    inside_.fetch_add(1);
    if (UnixPoller* poller = poller_.load(); poller != nullptr && !under_way_.test_and_set()) {
      poller->post(*this);
    }
    inside_.fetch_sub(1);
  }

 private:
  void arrived() noexcept override {
    under_way_.clear();
    print_task_dump();
  }

  std::atomic<UnixPoller*> poller_ = nullptr;
  std::atomic<int> inside_ = 0;
  std::atomic_flag under_way_;
};

constinit DumpPost dump_post;

void on_signal(int) noexcept { dump_post.request(); }

void in_forked_child() noexcept { dump_post.forget(); }
[[maybe_unused]] const int registered = ::pthread_atfork(nullptr, nullptr, in_forked_child);

}  // namespace

DumpSignal::DumpSignal() {
  SUNDOG_ASSERT(!dump_post.is_open(), "one loop of a program answers SIGUSR1: make one DumpSignal");
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigfillset(&action.sa_mask);
  if (::sigaction(SIGUSR1, &action, nullptr) != 0) {
    throw std::system_error(errno, std::system_category(),
                            SUNDOG_PROBED("SIGUSR1, which prints the tasks, cannot be handled"));
  }
  dump_post.open(UnixPoller::current());
}

DumpSignal::~DumpSignal() { dump_post.close(); }

void print_task_dump() noexcept {
  try {
    write_console_error(dump_tasks());
  } catch (const std::exception&) {
    SUNDOG_PROBE("there was no memory for a dump of the tasks");
    write_console_error("sundog: there is no memory left for a dump of the tasks\n");
  }
}

}  // namespace sundog
