#include "tests/sim/scenarios/scenarios.hpp"

#include <iterator>

#include "sundog/runtime/language/assert.hpp"

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
    {"xen_store", "xenstore's client on Xen: values, watches and transactions, whatever it does",
     simulate_xen_store, true},
    {"xen_console", "the console on Xen: what is written comes out, or is told as dropped",
     simulate_xen_console, true},
    {"xen_events", "event channels and the poller on Xen: no wake-up is lost",
     simulate_xen_events, true},
    {"xen_grants", "grants on Xen: no page is used anew while dom0 has it", simulate_xen_grants,
     true},
    {"xen_lifecycle", "the toolstack's requests on Xen: acknowledged, and obeyed",
     simulate_xen_lifecycle, true},
    {"xen_disk", "a disk on Xen: what was written is there, whatever the back end does",
     simulate_xen_disk, true},
    {"xen_network", "a network device on Xen: frames come back as they were, once, in order",
     simulate_xen_network, true},
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
