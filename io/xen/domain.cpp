#include "sundog/io/xen/domain.hpp"

#include "sundog/io/xen/devices/console.hpp"
#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/runtime/text/digits.hpp"

namespace sundog::xen {
namespace {

constinit bool reboot = false;

}  // namespace

void reboot_at_exit() noexcept { reboot = true; }

void exit_domain(int status) noexcept {
  if (status != 0) {
    append_console("sundog: the program left with status ");
    append_console(Decimal(status));
    write_console("\n");
  }
  drain_console();
  const unsigned success = reboot ? SHUTDOWN_reboot : SHUTDOWN_poweroff;
  sched_shutdown request{status == 0 ? success : SHUTDOWN_crash};
  sched_op(SCHEDOP_shutdown, &request);
  halt_for_ever();
}

}  // namespace sundog::xen
