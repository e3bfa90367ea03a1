// Pcapng: the blocks of a capture file of the pcapng format (draft-ietf-opsawg-pcapng), which
// Wireshark and tcpdump read: a section header, then interfaces and packets in the order in which
// they were made. All are in little-endian order on every machine. Links are Ethernet, times in
// nanoseconds since the beginning of 1970.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sundog/io/flow.hpp"

namespace sundog::net::pcapng {

// The beginning of a file.
std::string section();
// Interfaces are numbered from 0 on as they come.
std::string interface(std::string_view name);
// A frame on an interface, which lies in pieces; an empty comment is none.
std::string packet(std::uint32_t interface, std::uint64_t time_ns, std::span<const Bytes> frame,
                   std::string_view comment);

}  // namespace sundog::net::pcapng
