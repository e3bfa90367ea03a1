// Completes a partial checksum (packet.hpp), as a network device does before a frame leaves: for
// devices that do not, and for frames that go to a receiver that has not accepted partial ones.
#pragma once

#include "sundog/io/packet.hpp"

namespace sundog {

// The sum of RFC 1071 from offload.checksum_start to the frame's end, written at its place; a sum
// of zero as its other form, 0xffff, since 0 means "none" in UDP (RFC 768). False, and nothing
// done, if that place lies outside of the frame.
bool complete_checksum(MutableBytes frame, const PacketOffload& offload) noexcept;

}  // namespace sundog
