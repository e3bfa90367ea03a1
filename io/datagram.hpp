// Datagram: messages with a peer each, as UDP has them: unreliable, unordered, whole or not at all.
//
// An implementation MUST ensure that:
//  - receive(buffer) waits for a message and gives its size in the buffer, its peer, and whether it
//    was cut because the buffer was too small (the rest is lost). Errors that concern an earlier
//    send are not reported here. Cancelled, it loses no message. Several tasks may wait at once:
//    first come, first served;
//  - send(message, peer) hands one message over, whole; it throws std::system_error if that is
//    impossible: message_size, network_unreachable ... That it returns does not mean that anybody
//    receives it. It waits at most for room on its own machine, never for the peer;
//  - a message may be empty: it is received with the size 0;
//  - peers are Endpoints, or what is made an Endpoint by itself (stack.hpp);
//  - the buffers are borrowed until the awaiting coroutine continues or is destroyed;
//  - where it has close(), what Flow says of it holds too (io/flow.hpp).
#pragma once

#include <concepts>
#include <cstddef>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"

namespace sundog {

template <class D>
concept Datagram =
    std::movable<D> && requires(D& socket, MutableBytes buffer, Bytes message,
                                const Endpoint& endpoint, const typename D::Received& received) {
      { socket.receive(buffer) } -> AwaitableOf<typename D::Received>;
      { received.size } -> std::convertible_to<std::size_t>;
      { received.peer } -> std::convertible_to<Endpoint>;
      { received.truncated } -> std::convertible_to<bool>;
      { socket.send(message, received.peer) } -> AwaitableOf<void>;
      { socket.send(message, endpoint) } -> AwaitableOf<void>;
    };

}  // namespace sundog
