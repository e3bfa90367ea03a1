// Segments as scripts write them: "P. 1:1001 ack 1 win 512 <sack 3000:4000>".
//
// Numbers count from each side's initial sequence number. Read for one to be sent, what is left out
// is 0; read for one that is expected, what is left out may be anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sundog/io/net/wire/tcp_segment.hpp"

namespace sundog::test {

struct SegmentText {
  net::wire::TcpHeader header;
  std::uint32_t payload_bytes = 0;
  bool has_acknowledgement = false;
  bool has_window = false;
  bool no_sack = false;         // <nosack>
  bool no_timestamps = false;   // <nots>
  bool any_timestamps = false;  // <ts>
};

// `own` and `other`: the initial numbers of who sends it, and of who gets it. Throws
// std::invalid_argument.
SegmentText parse_segment_text(std::string_view text, net::wire::Sequence own,
                               net::wire::Sequence other);

std::string print_segment(const net::wire::TcpHeader& header, std::uint32_t payload_bytes,
                          net::wire::Sequence own, net::wire::Sequence other);

}  // namespace sundog::test
