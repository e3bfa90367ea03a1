// Flow: a stream of bytes in both directions, and what makes flows: Listener and Stack (Mirage's
// FLOW and STACK).
//
// A service is written against these concepts and never names its platform: a host socket, our own
// TCP, a pipe in the simulator and a test's memory are all Flows.
//
// An implementation of Flow MUST ensure that:
//  - read(buffer), for a buffer that is not empty, waits for at least one byte and gives the number
//    of bytes, 1 to its size, or 0 when the peer has finished writing (and 0 again when called
//    again);
//  - write(bytes) returns when all bytes are accepted, in order; that does not mean that the peer
//    has seen them. The same for write(parts), which writes several pieces as if they were one;
//  - the buffers are borrowed until the awaiting coroutine continues or is destroyed;
//  - shutdown() ends the writing side: the peer's read gives 0 after what was written; reading goes
//    on;
//  - errors are std::system_error with the code of what happened (connection_reset, broken_pipe,
//    ...); after one, every further call fails too;
//  - reading and writing may be under way at the same time, but only one of each;
//  - cancelling a read loses no byte: either it had ended and its result is delivered, or the bytes
//    are there for the next; a cancelled write may have written a part: the flow is then fit only
//    for being closed;
//  - it is moved, not copied, and closes when destroyed; close is orderly if all was read and
//    written, a reset otherwise is the platform's business;
//  - where it has close(): it may be closed or destroyed while other tasks read and write. What
//    they wait for then fails with operation_canceled, unless it had its result already; the peer
//    sees an end or a reset; later calls fail with bad_file_descriptor. A task that is cancelled at
//    the same time just ends.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sundog/runtime/awaitable.hpp"

namespace sundog {

// What is written, and where what is read goes: the caller's, until the operation has ended.
using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

// Something that can be awaited and gives a T.
template <class A, class T>
concept AwaitableOf = std::same_as<await_result_t<A>, T>;

template <class F>
concept Flow = std::movable<F> &&
               requires(F& flow, MutableBytes buffer, Bytes bytes, std::span<const Bytes> parts) {
                 { flow.read(buffer) } -> AwaitableOf<std::size_t>;
                 { flow.write(bytes) } -> AwaitableOf<void>;
                 { flow.write(parts) } -> AwaitableOf<void>;
                 { flow.shutdown() } -> AwaitableOf<void>;
               };

// Where flows come in. accept() waits for the next one. It does not fail for what a peer did; it
// throws when the listener itself is broken. When descriptors or memory are exhausted it waits
// until there are some again. Cancelled, it loses no connection: one that was accepted is closed.
// Several tasks may wait at once: first come, first served.
// Where it has close(), what Flow says of it holds too.
// Where it has finish(), for a stop that loses nobody: from then on nobody is let in any more;
// accept() gives those whose connections were made before, and fails with operation_canceled after
// the last. It does not wait, may be called again, and leaves close() to be called as ever.
// Where it has connections_max(): so many connections at once can be had here, as far as it can
// tell; a server that holds more could not accept, or not do its work for them.
template <class L>
concept Listener = std::movable<L> && requires(L& listener) {
  { listener.accept() };
  requires Flow<await_result_t<decltype(listener.accept())>>;
};

// A listener that can finish.
template <class L>
concept FinishingListener = Listener<L> && requires(L& listener) {
  { listener.finish() } -> std::same_as<void>;
};

// A listener that knows how many connections can be had.
template <class L>
concept BoundedListener = Listener<L> && requires(const L& listener) {
  { listener.connections_max() } -> std::same_as<std::size_t>;
};

// Text as bytes; the text must outlive them.
inline Bytes as_bytes(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

}  // namespace sundog
