#include "sundog/io/xen/set_up.hpp"

#include "sundog/io/xen/devices/console.hpp"
#include "sundog/io/xen/events.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/shared_info.hpp"

namespace sundog::xen {
namespace {

constinit SetUpStep* first_step = nullptr;

}  // namespace

void add_set_up_step(SetUpStep& step) noexcept {
  step.next = first_step;
  first_step = &step;
}

bool set_up() {
  if (map_shared_info() != 0) return false;
  forget_ports();
  restart_clock();
  open_console();
  for (SetUpStep* step = first_step; step != nullptr; step = step->next) step->run();
  return true;
}

}  // namespace sundog::xen
