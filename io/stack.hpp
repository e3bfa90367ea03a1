// Stack: what makes connections, outwards and inwards (Mirage's STACK).
//
// An implementation MUST ensure that:
//  - connect(address) waits until the peer has taken the connection and gives a Flow; it throws
//    std::system_error that names the address: connection_refused, timed_out, host_unreachable ...
//    Cancelled, it leaves no connection behind;
//  - listen(address) binds at once and gives a Listener; it throws std::system_error that names the
//    address: address_in_use, permission_denied ... Port 0 asks for any that is free;
//  - Address can be copied, compared and printed (to_string).
//
// Host sockets (io/unix/stack.hpp) and the simulator's network are Stacks.
#pragma once

#include <concepts>
#include <string>

#include "sundog/io/flow.hpp"

namespace sundog {

template <class S>
concept Stack = requires(S& stack, const typename S::Address& address) {
  requires std::copyable<typename S::Address>;
  requires std::equality_comparable<typename S::Address>;
  { address.to_string() } -> std::convertible_to<std::string>;
  requires Flow<await_result_t<decltype(stack.connect(address))>>;
  requires Listener<decltype(stack.listen(address))>;
};

}  // namespace sundog
