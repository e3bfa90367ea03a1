// Random: bytes that nobody can predict (Mirage's RANDOM).
//
// An implementation MUST ensure that fill() puts cryptographically strong bytes, from the
// platform's entropy, into the whole buffer; it may block only while a machine that has just
// started gathers its first entropy. In the simulator they come from the seed, and are not secret.
#pragma once

#include <concepts>

#include "sundog/io/flow.hpp"

namespace sundog {

template <class R>
concept Random = requires(R& random, MutableBytes buffer) {
  { random.fill(buffer) } -> std::same_as<void>;
};

}  // namespace sundog
