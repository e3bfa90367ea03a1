// Probes: proof that a rare branch has run.
//
//   if (ring.full()) {
//     SUNDOG_PROBE("the submission queue was full");
//     ...
//   }
//   throw Refused(SUNDOG_PROBED("a request without a path"));  // the text, and a probe so named
//
// A test that never reaches a retry, an overflow, a limit or an error proves nothing about it. Each
// probe counts how often its place was reached. tests/probes/report.py knows all probes from the
// source and, after all tests have run, says which were reached by none; the simulator says the
// same of its worlds. A probe costs an addition, so it belongs on rare paths. It may be in inline
// functions and templates, whose instances count as one. Where SUNDOG_PROBES is not defined
// (images, benchmarks) probes compile to nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

namespace sundog {

// One place in the program, made by the macros below: its text, its file, how often it was reached.
struct Probe {
  const char* name;
  const char* file;
  std::atomic<std::uint64_t> count;

  // Threads share the probes of their program. That two additions at one moment may count for one
  // is no harm: what matters is zero or not.
  void hit() noexcept {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
};

// All probes of this program, also those never reached, in no particular order. One that stands in
// a template is there for each instance.
std::span<Probe> probes() noexcept;

}  // namespace sundog

#ifdef SUNDOG_PROBES
// The linker puts all objects of one section side by side, which is what makes the list.
#define SUNDOG_PROBE(name)                                                               \
  do {                                                                                   \
    [[gnu::section("sundog_probes"), gnu::used]] static constinit ::sundog::Probe probe( \
        name, __FILE__, 0);                                                              \
    probe.hit();                                                                         \
  } while (false)
#else
#define SUNDOG_PROBE(name) static_cast<void>(0)
#endif

// The name, as text; whoever asks for it has reached the probe.
#define SUNDOG_PROBED(name)       \
  ([]() noexcept -> const char* { \
    SUNDOG_PROBE(name);           \
    return name;                  \
  }())
