#include "sundog/io/xen/block.hpp"

#include <algorithm>

#include "sundog/io/xen/events.hpp"
#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::xen {
namespace {

// Xen takes a timer more than 2^50 ns (13 days) ahead for a mistake; the loop comes back earlier
// and asks again.
constexpr std::uint64_t ahead_ns_max = std::uint64_t{1} << 49;

// What a hypercall and its exit cost, rather more than less, and how often the clock is looked at
// in that time.
constexpr std::uint64_t hair_ns = 50'000;
constexpr unsigned hair_looks_max = 1000;

// Xen ends a poll by the clock of whatever processor its timer is on, and only where the host's
// clocks agree is that also ours. Where it has woken us early by more than a hair, we ask for later
// times from then on, and for earlier ones again by and by as we come late: else every wait would
// end early, and ask again. How far ahead that clock is cannot be seen, only how early it was:
// several times that is added, and the most when it was not enough.
constexpr std::uint64_t early_factor = 4;
constexpr std::uint64_t late_part = 16;
constinit std::uint64_t allowance_ns = 0;
constinit bool was_early = false;

void learn(std::uint64_t woken_ns, std::uint64_t wanted_ns) noexcept {
  const bool early = woken_ns + hair_ns < wanted_ns;
  if (early && was_early) {
    allowance_ns = allowance_ns_max;
  } else if (early) {
    allowance_ns += early_factor * (wanted_ns - woken_ns);
    allowance_ns = std::min(allowance_ns, allowance_ns_max);
  } else if (woken_ns > wanted_ns) {
    allowance_ns -= std::min(woken_ns - wanted_ns, allowance_ns) / late_part;
  }
  was_early = early;
}

}  // namespace

std::uint64_t now_ns() noexcept { return system_time_ns(); }

void block_until(std::uint64_t deadline_ns) noexcept {
  if (dispatch_events()) return;
  const std::uint64_t now = now_ns();
  if (deadline_ns <= now) return;
  const auto ports = open_ports();
  sched_poll request{};
  request.ports.p = const_cast<Port*>(ports.data());
  request.nr_ports = static_cast<unsigned>(ports.size());
  const std::uint64_t wanted_ns = std::min(deadline_ns, now + ahead_ns_max);
  request.timeout = wanted_ns + allowance_ns;
  sched_op(SCHEDOP_poll, &request);
  if (dispatch_events()) return;
  std::uint64_t woken = now_ns();
  learn(woken, wanted_ns);
  // Where our clock is a hair behind, letting it arrive is cheaper than another hypercall and
  // another exit.
  for (unsigned look = 0; look < hair_looks_max; ++look) {
    if (woken >= deadline_ns || deadline_ns - woken > hair_ns) break;
    SUNDOG_PROBE("Xen's clock was a hair ahead");
    woken = now_ns();
  }
}

}  // namespace sundog::xen
