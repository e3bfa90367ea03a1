// The checksum in a transport's header: completed, or left to the device, in what is sent; checked
// in what has come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sundog/io/net/ip.hpp"

namespace sundog::net {

// Writes the checksum of a packet whose transport's part begins at `transport_start` of the frame,
// and goes on with the payload's pieces. Gives what the device must know of the packet.
PacketOffload finish_checksum(const Route& route, MutableBytes frame, std::size_t transport_start,
                              std::span<const Bytes> payload, const Sending& sending) noexcept;
// The same for a packet whose pieces are all elsewhere: what is to stand in the field, of which the
// first piece holds anything.
std::uint16_t checksum_of(const Route& route, std::span<const Bytes> pieces,
                          const Sending& sending) noexcept;

// Whether the checksum at `checksum_offset` of the transport's header is right, or the device says
// so, or there is none, as UDP over IPv4 allows.
bool is_checksum_right(const Received& what, const ReceivedPacket& packet, ProtocolNumber protocol,
                       std::uint16_t checksum_offset) noexcept;

}  // namespace sundog::net
