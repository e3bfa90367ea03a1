// XenRandom: random bytes fit for keys, on Xen (io/random.hpp).
//
// A ChaCha20 generator with fast key erasure (io/crypto/key_erasing_random.hpp), one for the whole
// domain, made by the first use. What it is seeded with, and what each source counts for in the
// estimate of how much of it nobody can guess:
//
//   the processor's RDRAND       half of its bits; nothing when it repeats itself, as processors
//                                have done after a resume, reporting success
//   the toolstack's seed         four bits a byte, as in hexadecimal digits
//                                (store/store_seed.hpp)
//   the cycle counter's jitter   nothing: mixed in, but what an idle machine or an emulator makes
//                                of it may be known to somebody on the same host
//
// Together they must count for entropy_bits_min, or no XenRandom is made. Seeded again, from the
// same sources without the seed, after every reseed_bytes and every reseed_pause, and after a
// resume, so that of two domains restored from one image each goes its own way.
#pragma once

#include <chrono>
#include <cstddef>

#include "sundog/io/flow.hpp"
#include "sundog/io/random.hpp"

namespace sundog {

namespace xen {

// See above. Bytes are those given out.
inline constexpr unsigned entropy_bits_min = 256;
inline constexpr std::size_t reseed_bytes = 1 << 20;
inline constexpr std::chrono::minutes reseed_pause(5);

}  // namespace xen

class XenRandom {
 public:
  // Throws std::system_error (resource_unavailable_try_again) while there is not enough entropy:
  // how much there is, why, and what to do. The domain's first one may hold up all tasks for a
  // second, until xenstore has told whether there is a seed.
  XenRandom();

  void fill(MutableBytes buffer) noexcept;
};

static_assert(Random<XenRandom>);

}  // namespace sundog
