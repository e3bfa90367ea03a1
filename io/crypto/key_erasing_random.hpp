// KeyErasingRandom: random bytes without end out of a short secret seed, by ChaCha20 with fast key
// erasure (D. J. Bernstein, "Fast-key-erasure random-number generators", 2017).
//
// Each fill() first replaces the key and only then hands out bytes, so that whoever reads this
// object's memory later learns nothing of what it has given before. It knows no platform: who owns
// one sees to it that it is seeded with enough that nobody can guess (io/xen/random.hpp), or with
// something that is the same each time, for a simulation.
#pragma once

#include <cstddef>
#include <span>

#include "sundog/io/crypto/chacha20.hpp"
#include "sundog/io/flow.hpp"

namespace sundog {

class KeyErasingRandom {
 public:
  KeyErasingRandom() = default;
  ~KeyErasingRandom();
  // Two with one key would give the same bytes.
  KeyErasingRandom(const KeyErasingRandom&) = delete;
  KeyErasingRandom& operator=(const KeyErasingRandom&) = delete;

  // Makes all that follows depend on these bytes, too, however many, and on their order. What was
  // secret before stays so, whatever the bytes are. Does not keep them.
  void add(Bytes seed) noexcept;

  // Fills the whole buffer. Of one that was never seeded, the bytes are the same each time.
  void fill(MutableBytes buffer) noexcept;

 private:
  ChaCha20Key key_{};
};

// Overwrites what must not be found in memory later; not left out by the compiler.
void erase(MutableBytes secret) noexcept;

}  // namespace sundog
