#include "sundog/io/xen/platform.hpp"

#include <algorithm>
#include <cstdint>

#include "sundog/io/xen/devices/console.hpp"
#include "sundog/io/xen/crash.hpp"
#include "sundog/io/xen/lifecycle.hpp"
#include "sundog/io/xen/log_sink.hpp"
#include "sundog/runtime/dump.hpp"

namespace sundog {

void XenPoller::wait(TimePoint deadline) {
  const std::uint64_t again_ns = xen::serve_lifecycle();
  const Duration::rep deadline_ns = deadline.time_since_epoch().count();
  if (deadline == never) return xen::block_until(again_ns);
  xen::block_until(deadline_ns < 0 ? 0
                                   : std::min(static_cast<std::uint64_t>(deadline_ns), again_ns));
}

Platform::Platform() {
  xen::log_to_console();
  xen::crash_task_dump = []() noexcept { xen::write_console(dump_tasks()); };
}

}  // namespace sundog
