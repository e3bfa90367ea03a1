// The cancellation core against its own documentation.
#include <chrono>

#include "tests/sim/random_tasks/execute.hpp"
#include "tests/sim/random_tasks/program.hpp"
#include "tests/sim/random_tasks/reference.hpp"
#include "tests/sim/scenarios/scenarios.hpp"

namespace sundog::sim {

void simulate_random_tasks(World& world) {
  using namespace random_tasks;
  world.faults().spare_memory();
  // A busy host would wake late, and the reference knows exact times only.
  world.faults().set(Fault::slow_turn, 0);
  world.set_healed_max(std::chrono::hours(24 * 365));
  Program program;
  std::optional<Records> expected;
  while (!expected) {
    program = generate(world.prng());
    expected = interpret(program);
  }
  const Records actual = execute(world, program);
  if (actual != *expected) {
    world.fail("the runtime and the reference differ:\n" + describe(program, *expected, actual));
  }
}

void simulate_shortage(World& world) {
  using namespace random_tasks;
  constexpr std::uint64_t allocations_max = 200;
  world.faults().spare_memory();
  world.set_healed_max(std::chrono::hours(24 * 365));
  const Program program = generate(world.prng());
  execute(world, program, world.prng().below(allocations_max));
}

}  // namespace sundog::sim
