// Puts the simulated hypervisor in the place of the real one: the hypercall, and what of
// io/xen/machine.hpp the portable files take. The linker
// takes these; everything else of io/xen is as in images.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/x86/paging.hpp"
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

namespace sundog::xen {

std::uint64_t system_time_ns() noexcept { return Hypervisor::current().domain_time_ns(); }
void restart_clock() noexcept {}

// As in images on x86: nothing of this process stands there.
std::uintptr_t shared_info_address() noexcept { return x86::shared_info_address; }
std::uintptr_t grant_table_address() noexcept { return x86::grant_table_address; }

// Xen's own log is nobody's in a simulation.
void write_early(std::string_view) noexcept {}

void halt_for_ever() noexcept { std::abort(); }

void print_backtrace(std::uintptr_t, std::uintptr_t) noexcept {
  std::fputs("the domain has crashed\n", stderr);
}

}  // namespace sundog::xen
