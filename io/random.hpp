// Random: bytes that nobody can predict (Mirage's RANDOM), fit for keys.
//
// An implementation MUST ensure that:
//  - it exists only on a machine that has enough entropy for keys, 256 bits from sources that are
//    unpredictable to others. Making it waits for that where more is still to come, and throws
//    std::system_error where none is (a machine without a source, a sandbox that forbids the
//    system call): the message says what to do about it. No service can believe that it has random
//    bytes when it does not;
//  - from then on fill() puts cryptographically strong bytes into the whole buffer, whatever its
//    size. It does not wait, allocates nothing and cannot fail: an implementation that loses its
//    source ends the program rather than hand out bytes that can be guessed;
//  - what it gave out cannot be computed from the memory of the program afterwards (the state is
//    overwritten before the bytes are handed over), nor from other bytes that it gives out;
//  - two of them, also in a copy of the running machine (a fork, a restored snapshot) where the
//    platform can tell, do not give the same bytes;
//  - it belongs to the thread that made it.
//
// In the simulator the bytes are a function of the seed and no secret: the same seed gives the same
// keys, ports and handshakes. Nothing but fill() is promised there.
#pragma once

#include <concepts>

#include "sundog/io/flow.hpp"

namespace sundog {

template <class R>
concept Random = std::movable<R> && requires(R& random, MutableBytes buffer) {
  { random.fill(buffer) } noexcept -> std::same_as<void>;
};

}  // namespace sundog
