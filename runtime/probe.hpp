// Probes: proof that a rare branch has run.
//
//   if (ring.full()) {
//     SUNDOG_PROBE("the submission queue was full");
//     ...
//   }
//
// A test that never reaches a retry, an overflow or a limit proves nothing about it. Each probe
// counts how often its place was reached; the simulator reports those that were not in any of its
// worlds. Only for functions that are not inline. What it costs is an addition, where it stands; so
// it stands on rare paths.
#pragma once

#include <cstdint>
#include <span>

namespace sundog {

struct Probe {
  const char* name;
  const char* file;
  std::uint64_t count;
};

// All probes of this program, also those never reached, in no particular order.
std::span<const Probe> probes() noexcept;

}  // namespace sundog

// The linker puts all objects of one section side by side, which is what makes the list.
#define SUNDOG_PROBE(name)                                                               \
  do {                                                                                   \
    [[gnu::section("sundog_probes"), gnu::used]] static constinit ::sundog::Probe probe( \
        name, __FILE__, 0);                                                              \
    ++probe.count;                                                                       \
  } while (false)
