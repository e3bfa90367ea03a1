#include "tests/xen/made_up_machine.hpp"

#include <utility>

#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/seed.hpp"
#include "sundog/io/xen/set_up.hpp"
#include "sundog/io/xen/store/store_seed.hpp"

namespace sundog::xen {
namespace {

SetUpStep* first_step = nullptr;

}  // namespace

void made_up::resume() {
  for (SetUpStep* step = first_step; step != nullptr; step = step->next) step->run();
}

void add_set_up_step(SetUpStep& step) noexcept {
  step.next = first_step;
  first_step = &step;
}

void take_seed() { keep_seed(std::exchange(made_up::seed_in_store, {})); }

std::uint64_t system_time_ns() noexcept { return made_up::time_ns; }
std::uint64_t cycle_count() noexcept { return 0; }
bool processor_random(std::uint64_t& value) noexcept {
  if (!made_up::processor.has_source) return false;
  if (!made_up::processor.repeats) {
    made_up::processor.word = made_up::processor.word * 0x5851f42d4c957f2d + 0x14057b7ef767814f;
  }
  value = made_up::processor.word;
  return true;
}

}  // namespace sundog::xen
