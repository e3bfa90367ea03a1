#include "io/xen/platform.hpp"

#include <utility>

#include "io/xen/console.hpp"
#include "io/xen/crash.hpp"
#include "io/xen/domain.hpp"
#include "io/xen/lifecycle.hpp"
#include "io/xen/log_sink.hpp"
#include "runtime/dump.hpp"

namespace sundog {
namespace {

// Not a static object with a destructor: nothing is destroyed on the way out of a domain.
std::function<void()>& stop_handler() {
  static auto* const handler = new std::function<void()>([] { xen::exit_domain(0); });
  return *handler;
}

}  // namespace

void on_stop_request(std::function<void()> stop) { stop_handler() = std::move(stop); }

void XenPoller::wait(TimePoint deadline) {
  if (!lifecycle_) {
    lifecycle_ = async(xen::serve_lifecycle([] { stop_handler()(); }));
    return;  // which made a job ready
  }
  if (deadline == never) return xen::block_until(xen::no_deadline_ns);
  const Duration::rep deadline_ns = deadline.time_since_epoch().count();
  xen::block_until(deadline_ns < 0 ? 0 : static_cast<std::uint64_t>(deadline_ns));
}

Platform::Platform() {
  xen::log_to_console();
  xen::crash_task_dump = []() noexcept { xen::write_console(dump_tasks()); };
}

}  // namespace sundog
