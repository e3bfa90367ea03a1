#include "sundog/io/xen/wall_clock.hpp"

#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/set_up.hpp"
#include "sundog/io/xen/shared_info.hpp"

namespace sundog::xen {
namespace {

constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;

// At the first look, and again after a resume, when the page is a new one.
void ask_for_wall_clock() noexcept {
  xen_hvm_param no_interrupt{DOMID_SELF, 0, HVM_PARAM_CALLBACK_IRQ, 0};
  hvm_op(HVMOP_set_param, &no_interrupt);
}

}  // namespace

std::uint64_t wall_clock_ns() noexcept {
  static constinit SetUpStep again{[] { ask_for_wall_clock(); }};
  static const bool asked = (ask_for_wall_clock(), add_set_up_step(again), true);
  static_cast<void>(asked);
  const volatile shared_info& info = shared();
  std::uint64_t seconds = 0;
  std::uint64_t nanoseconds = 0;
  read_consistently(info.wc_version, [&] {
    // wc_sec alone ends in 2106, and on hosts with a wrong clock before.
    seconds = (std::uint64_t{info.wc_sec_hi} << 32) | info.wc_sec;
    nanoseconds = info.wc_nsec;
  });
  return seconds * nanoseconds_per_second + nanoseconds + system_time_ns();
}

}  // namespace sundog::xen
