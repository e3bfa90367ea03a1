#include "tests/sim/scenarios/scenarios.hpp"

#include <iterator>

#include "runtime/assert.hpp"

namespace sundog::sim {
namespace {

constexpr Scenario all[] = {
    {"echo", "many clients of the echo service: what came back is what was sent", simulate_echo},
    {"website", "the website and http::fetch: a response is whole and right, or an error",
     simulate_website},
    {"datagrams", "questions over UDP, asked again until answered", simulate_datagrams},
    {"disk", "a journal that survives power cuts: what was synced is there", simulate_disk},
    {"random_tasks", "random task trees do what a reference interpreter says",
     simulate_random_tasks},
    {"shortage", "random task trees in which one allocation fails leave nothing behind",
     simulate_shortage},
    {"locks", "mutex and semaphore: never too many inside, first come, first served",
     simulate_locks},
    {"channels", "what is sent is received once, whoever gives up", simulate_channels},
    {"futures", "every waiter gets the value when it is there", simulate_futures},
    {"timers", "the sleep queue against a sorted list", simulate_timers},
};

}  // namespace

std::span<const Scenario> scenarios() { return all; }

const Scenario& scenario(std::string_view name) {
  const Scenario* found = nullptr;
  for (const Scenario& candidate : all) {
    if (candidate.name == name) found = &candidate;
  }
  SUNDOG_ASSERT(found != nullptr, "there is no scenario of this name in scenarios.cpp");
  return *found;
}

}  // namespace sundog::sim
