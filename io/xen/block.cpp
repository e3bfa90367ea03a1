#include "io/xen/block.hpp"

#include <algorithm>

#include "io/xen/events.hpp"
#include "io/xen/hypercall.hpp"
#include "io/xen/x86/pvclock.hpp"
#include "runtime/probe.hpp"

namespace sundog::xen {
namespace {

// Xen takes a timer more than 2^50 ns (13 days) ahead for a mistake; the loop comes back earlier
// and asks again.
constexpr std::uint64_t ahead_ns_max = std::uint64_t{1} << 49;

// What a hypercall and its exit cost, rather more than less, and how often the clock is looked at
// in that time.
constexpr std::uint64_t hair_ns = 50'000;
constexpr unsigned hair_looks_max = 1000;

}  // namespace

std::uint64_t now_ns() noexcept { return x86::system_time_ns(); }

void block_until(std::uint64_t deadline_ns) noexcept {
  if (dispatch_events()) return;
  const std::uint64_t now = now_ns();
  if (deadline_ns <= now) return;
  const auto ports = open_ports();
  sched_poll request{};
  request.ports.p = const_cast<Port*>(ports.data());
  request.nr_ports = static_cast<unsigned>(ports.size());
  request.timeout = std::min(deadline_ns, now + ahead_ns_max);
  sched_op(SCHEDOP_poll, &request);
  // Xen wakes by its own clock. Where this one is a hair behind, letting it arrive is cheaper than
  // another hypercall and another exit.
  for (unsigned look = 0; look < hair_looks_max; ++look) {
    const std::uint64_t woken = now_ns();
    if (woken >= deadline_ns || deadline_ns - woken > hair_ns) break;
    SUNDOG_PROBE("Xen's clock was a hair ahead");
  }
  dispatch_events();
}

}  // namespace sundog::xen
