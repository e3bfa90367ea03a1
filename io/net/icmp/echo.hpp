// An echo's bytes: they go back as they came, from where they lie in the packet.
#pragma once

#include <cstddef>
#include <span>

#include "sundog/io/flow.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/packet.hpp"

namespace sundog::net {

// Finds the pieces of the transport's part of a packet and writes the reply's type into its first
// byte: a received packet may be written into. Gives how many pieces there are, or 0 if they are
// more than there are places, and then the packet is as it was.
std::size_t turn_echo_round(const Received& what, const ReceivedPacket& packet,
                            std::byte reply_type, std::span<Bytes> pieces) noexcept;

}  // namespace sundog::net
