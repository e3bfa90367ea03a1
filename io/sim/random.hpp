// SimRandom: random bytes of a simulated host. They come from the world's seed: the same in every
// run, and no secret.
#pragma once

#include "sundog/io/flow.hpp"
#include "sundog/io/random.hpp"
#include "sundog/io/sim/host.hpp"
#include "sundog/io/sim/world.hpp"

namespace sundog::sim {

class SimRandom {
 public:
  // The host must outlive it.
  explicit SimRandom(Host& host) noexcept : host_(&host) {}
  void fill(MutableBytes buffer) noexcept {
    for (std::byte& byte : buffer) byte = static_cast<std::byte>(host_->world().prng().next());
  }

 private:
  Host* host_;
};

static_assert(Random<SimRandom>);

}  // namespace sundog::sim
