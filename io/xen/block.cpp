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

// What a hypercall and its exit cost, rather more than less, and how often at most the clock is
// read in that time.
constexpr std::uint64_t exit_cost_ns = 50'000;
constexpr unsigned clock_reads_max = 1000;

// Xen ends a poll by the clock of whatever processor its timer is on, which agrees with ours only
// where the host's clocks agree. When it has woken us early by more than an exit costs, we ask for
// later times from then on: otherwise every wait would end early, and ask again. As waits end late,
// the allowance shrinks again, slowly. How far ahead that clock is cannot be seen, only how early
// it was: several times that is added, and the most allowed if that was not enough.
constexpr std::uint64_t early_factor = 4;
constexpr std::uint64_t late_divisor = 16;
constinit std::uint64_t allowance_ns = 0;
constinit bool was_early = false;

void learn(std::uint64_t woken_ns, std::uint64_t wanted_ns) noexcept {
  const bool early = woken_ns + exit_cost_ns < wanted_ns;
  if (early && was_early) {
    allowance_ns = allowance_ns_max;
  } else if (early) {
    allowance_ns += early_factor * (wanted_ns - woken_ns);
    allowance_ns = std::min(allowance_ns, allowance_ns_max);
  } else if (woken_ns > wanted_ns) {
    allowance_ns -= std::min(woken_ns - wanted_ns, allowance_ns) / late_divisor;
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
  // Where our clock is behind by less than another exit would cost, reading it until it arrives is
  // cheaper than asking again.
  for (unsigned reads = 0; reads < clock_reads_max; ++reads) {
    if (woken >= deadline_ns || deadline_ns - woken > exit_cost_ns) break;
    SUNDOG_PROBE("Xen's clock was ahead by less than an exit costs");
    woken = now_ns();
  }
}

}  // namespace sundog::xen
