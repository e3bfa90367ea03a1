// Xen's system time on x86 (nanoseconds since the host started, steady, never stepped): scaled from
// the processor's time stamp counter by figures that Xen keeps in the shared info page (xen/xen.h,
// struct vcpu_time_info). No hypercall, no exit.

#include <algorithm>

#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/shared_info.hpp"
#include "sundog/io/xen/x86/cpu.hpp"

extern "C" std::uint64_t sundog_entry_tsc;  // x86/entry.S

namespace sundog::xen {
namespace {

// Ticks of the time stamp counter as nanoseconds, by the figures of one consistent read.
std::uint64_t to_nanoseconds(std::uint64_t ticks, std::uint64_t multiplier, int shift) noexcept {
  ticks = shift < 0 ? ticks >> -shift : ticks << shift;
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(Wide{ticks} * multiplier >> 32);
}

constinit std::uint64_t latest_ns = 0;

}  // namespace

std::uint64_t system_time_ns() noexcept {
  const volatile vcpu_time_info& time = shared().vcpu_info[0].time;
  std::uint64_t now_ns = 0;
  read_consistently(time.version, [&] {
    // The counter is read after the fields: read the other way round, a new time stamp could lie
    // after the count.
    const std::uint64_t base_ns = time.system_time;
    const std::uint64_t base_ticks = time.tsc_timestamp;
    const std::uint64_t multiplier = time.tsc_to_system_mul;
    const int shift = time.tsc_shift;
    now_ns = base_ns + to_nanoseconds(x86::read_tsc() - base_ticks, multiplier, shift);
  });
  latest_ns = std::max(latest_ns, now_ns);
  return latest_ns;
}

void restart_clock() noexcept { latest_ns = 0; }

std::uint64_t time_since_entry_ns() noexcept {
  const volatile vcpu_time_info& time = shared().vcpu_info[0].time;
  std::uint64_t elapsed_ns = 0;
  read_consistently(time.version, [&] {
    const std::uint64_t multiplier = time.tsc_to_system_mul;
    elapsed_ns = to_nanoseconds(x86::read_tsc() - sundog_entry_tsc, multiplier, time.tsc_shift);
  });
  return elapsed_ns;
}

}  // namespace sundog::xen
