// Stack: what makes conversations over IP: connections, outwards and inwards, and datagrams
// (Mirage's STACKV4V6).
//
// An implementation MUST ensure that:
//  - connect(endpoint) waits until the peer has taken the connection and gives a Flow (Connection);
//    it throws std::system_error that names the endpoint: connection_refused, timed_out,
//    host_unreachable, network_unreachable for a family that it has no address of ... Cancelled,
//    it leaves no connection behind;
//  - listen(endpoint) binds at once and gives a Listener, whose connections are of the same type;
//    datagrams(endpoint) binds at once and gives a Datagram (datagram.hpp). Both throw
//    std::system_error that names the endpoint: address_in_use, address_not_available,
//    permission_denied ... Port 0 asks for any that is free. To bind to [::] is to bind to all
//    addresses of the machine, IPv4 included: IPv4 peers are then shown as IPv4-mapped
//    (IpAddress::is_v4_mapped) and may be sent to as such;
//  - a connection tells where both of its ends are (local_address(), peer_address()), a listener
//    and a datagram socket where they are bound (local_address()), with the port that was chosen
//    for them;
//  - addresses() gives the addresses that it has at the moment, each with the length of its
//    network's prefix. There may be none yet;
//  - what it has made may outlive a moved stack object, but not the stack itself.
//
// Address is how it shows endpoints: Endpoint itself, or a type that knows further kinds of
// address, as the host's does with local (Unix-domain) sockets. Each Endpoint is an Address; an
// Address is made an Endpoint where it is one, and throws std::system_error
// (address_family_not_supported) where it is not.
//
// Host sockets (io/unix/stack.hpp) and the simulator's network (io/sim/stack.hpp) are Stacks.
// generic.hpp has the platform's own.
#pragma once

#include <concepts>
#include <string>
#include <vector>

#include "sundog/io/datagram.hpp"
#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/prefix.hpp"

namespace sundog {

template <class A>
concept StackAddress =
    std::copyable<A> && std::equality_comparable<A> && std::convertible_to<Endpoint, A> &&
    std::convertible_to<A, Endpoint> && requires(const A& address) {
      { address.to_string() } -> std::convertible_to<std::string>;
      // 0 where there is none.
      { address.port() } -> std::same_as<std::uint16_t>;
    };

template <class S>
concept Stack =
    std::movable<S> && StackAddress<typename S::Address> && Flow<typename S::Connection> &&
    Listener<typename S::Listener> && Datagram<typename S::Datagrams> &&
    requires(S& stack, const Endpoint& endpoint, const typename S::Connection& connection,
             const typename S::Listener& listener, const typename S::Datagrams& datagrams) {
      { stack.connect(endpoint) } -> AwaitableOf<typename S::Connection>;
      { stack.listen(endpoint) } -> std::same_as<typename S::Listener>;
      { stack.datagrams(endpoint) } -> std::same_as<typename S::Datagrams>;
      { stack.addresses() } -> std::same_as<std::vector<Prefix>>;
      { connection.local_address() } -> std::same_as<typename S::Address>;
      { connection.peer_address() } -> std::same_as<typename S::Address>;
      { listener.local_address() } -> std::same_as<typename S::Address>;
      { datagrams.local_address() } -> std::same_as<typename S::Address>;
    };

}  // namespace sundog
