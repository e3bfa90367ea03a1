#include "runtime/probe.hpp"

// Provided by the linker for every section whose name is an identifier; weak, as there may be no
// probe at all.
extern "C" {
[[gnu::weak]] extern const sundog::Probe __start_sundog_probes;
[[gnu::weak]] extern const sundog::Probe __stop_sundog_probes;
}

namespace sundog {

std::span<const Probe> probes() noexcept {
  const Probe* first = &__start_sundog_probes;
  const Probe* end = &__stop_sundog_probes;
  return {first, end};
}

}  // namespace sundog
