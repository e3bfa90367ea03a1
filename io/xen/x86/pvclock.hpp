// Xen's clocks on x86: system time (nanoseconds since the host started, steady, never stepped)
// scaled from the processor's time stamp counter by figures that Xen keeps in the shared info page,
// and the wall clock beside it. No hypercall, no exit. Formats: xen/xen.h, struct vcpu_time_info
// and struct shared_info.
#pragma once

#include <cstdint>

namespace sundog::xen::x86 {

// Nanoseconds since the host started. Never less than an earlier call's answer.
std::uint64_t system_time_ns() noexcept;

// Nanoseconds from the image's first instruction to now.
std::uint64_t time_since_entry_ns() noexcept;

// Nanoseconds since 1970-01-01 UTC. Read anew each time, since the host may correct its clock.
std::uint64_t wall_clock_ns() noexcept;

}  // namespace sundog::xen::x86
