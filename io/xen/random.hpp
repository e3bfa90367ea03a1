// XenRandom: random bytes fit for keys, on Xen (io/random.hpp).
//
// A ChaCha20 generator with fast key erasure (io/key_erasing_random.hpp), one for the domain, made
// by the first use. What it is seeded with, and what each source counts for in the estimate of how
// much of it nobody can guess:
//
//   the processor's RDRAND       half of its bits; nothing when it repeats itself, as processors
//                                have done after a resume, reporting success
//   the toolstack's seed         four bits a byte, as in hexadecimal digits (store/store_seed.hpp)
//   the cycle counter's jitter   nothing: mixed in, but what an idle machine or an emulator makes of
//                                it may be known to somebody on the same host
//
// Together they must count for entropy_bits_min, or nothing is given. Seeded again, from the same
// sources without the seed, after every reseed_bytes and every reseed_pause, and after a resume, so
// that of two domains restored from one image each goes its own way.
#pragma once

#include <chrono>
#include <cstddef>
#include <stdexcept>

#include "sundog/io/flow.hpp"
#include "sundog/io/random.hpp"

namespace sundog {

namespace xen {

// The strength of X25519, P-256 and AES-128.
inline constexpr unsigned entropy_bits_min = 128;
inline constexpr std::size_t reseed_bytes = 1 << 20;
inline constexpr std::chrono::minutes reseed_pause(5);

// what() says how much there is, why, and what to do.
class NotEnoughEntropy : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace xen

class XenRandom {
 public:
  // Throws xen::NotEnoughEntropy. The domain's first one may block it for up to a second, until
  // xenstore has told whether there is a seed.
  XenRandom();

  void fill(MutableBytes buffer) noexcept;
};

static_assert(Random<XenRandom>);

}  // namespace sundog
