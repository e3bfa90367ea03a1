#include "sundog/runtime/language/probe.hpp"

// Provided by the linker for every section whose name is an identifier; weak, as there may be no
// probe at all.
extern "C" {
[[gnu::weak]] extern sundog::Probe __start_sundog_probes;
[[gnu::weak]] extern sundog::Probe __stop_sundog_probes;
}

namespace sundog {

std::span<Probe> probes() noexcept {
  Probe* first = &__start_sundog_probes;
  Probe* end = &__stop_sundog_probes;
  return {first, end};
}

}  // namespace sundog
