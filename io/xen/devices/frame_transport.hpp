// Where in a frame the header of its transport protocol stands. Xen's network devices do not tell:
// a frame is only marked as one whose checksum is blank, or as a large segment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sundog/io/flow.hpp"
#include "sundog/io/packet.hpp"

namespace sundog::xen {

// Where in a frame the transport's header is.
struct FrameTransport {
  bool is_tcp = false;  // else it is UDP
  bool is_v6 = false;
  // From the frame's first byte: where the header begins, and, for TCP, where it ends.
  std::uint16_t start = 0;
  std::uint16_t end = 0;

  // Of the checksum, from the start.
  std::uint16_t checksum_offset() const noexcept { return is_tcp ? 16 : 6; }
};

// `first` is the beginning of a frame: its own memory, which nobody else changes. Nothing for what
// is neither TCP nor UDP over IP, for a fragment, and where the header does not lie in `first`.
std::optional<FrameTransport> find_transport(Bytes first) noexcept;

}  // namespace sundog::xen
