// Puts the simulated hypervisor in the place of the real one: what io/xen takes from its x86
// folder, the hypercall and the clocks, and what a domain that ends has left to say. The linker
// takes these; everything else of io/xen is as in images.
#include <cstdio>

#include "io/xen/hypercall.hpp"
#include "io/xen/x86/pvclock.hpp"
#include "io/xen/x86/traps.hpp"
#include "tests/sim/xen/hypervisor.hpp"

using sundog::sim::xen::Hypervisor;

extern "C" {

// The address sanitizer keeps the program from a range in which Xen's lent pages lie.
const char* __asan_default_options() { return "protect_shadow_gap=0"; }

std::uint64_t sundog_hypercall_count = 0;
std::uint64_t sundog_hypercalls_by_number[64] = {};

long sundog_hypercall(unsigned number, std::uintptr_t first, std::uintptr_t second,
                      std::uintptr_t third) noexcept {
  ++sundog_hypercall_count;
  ++sundog_hypercalls_by_number[number];
  return Hypervisor::current().hypercall(number, first, second, third);
}
}

namespace sundog::xen::x86 {

std::uint64_t system_time_ns() noexcept { return Hypervisor::current().domain_time_ns(); }

void print_backtrace(std::uint64_t, std::uint64_t) noexcept {
  std::fputs("the domain has crashed\n", stderr);
}

}  // namespace sundog::xen::x86
