// Xen's clocks on x86: system time (nanoseconds since the host started, steady, never stepped)
// scaled from the processor's time stamp counter by figures that Xen keeps in the shared info page,
// and the wall clock beside it. No hypercall, no exit. Formats: xen/xen.h, struct vcpu_time_info
// and struct shared_info.

#include <algorithm>
#include <atomic>

#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/shared_info.hpp"
#include "sundog/io/xen/x86/cpu.hpp"

extern "C" std::uint64_t sundog_entry_tsc;  // x86/entry.S

namespace sundog::xen {
namespace {

constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;

// Xen moves a version number to odd before and to even after it changes the fields: read(), which
// copies them, is repeated until the version was even and the same on both sides.
template <class Read>
void read_consistently(const volatile std::uint32_t& version, Read read) noexcept {
  for (;;) {
    const std::uint32_t before = version;
    std::atomic_thread_fence(std::memory_order_acquire);
    read();
    std::atomic_thread_fence(std::memory_order_acquire);
    if ((before & 1) == 0 && version == before) return;
  }
}

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

std::uint64_t wall_clock_ns() noexcept {
  const volatile shared_info& info = shared();
  std::uint64_t seconds = 0;
  std::uint64_t nanoseconds = 0;
  read_consistently(info.wc_version, [&] {
    // wc_sec alone overflows in 2106, and on hosts with a wrong clock before.
    seconds = (std::uint64_t{info.wc_sec_hi} << 32) | info.wc_sec;
    nanoseconds = info.wc_nsec;
  });
  return seconds * nanoseconds_per_second + nanoseconds + system_time_ns();
}

}  // namespace sundog::xen
