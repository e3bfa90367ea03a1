// Capture: all packets of a simulated world in a file of the pcapng format
// (draft-ietf-opsawg-pcapng), which Wireshark and tcpdump read.
//
// Each direction of each link is an interface of its own, named "client > server". Times are the
// world's, from the beginning of 1970 on. A packet is recorded when it is sent; if it is lost or
// damaged on the way, a comment says so. All are Ethernet frames, since libpcap reads only files
// whose links are all of one kind.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "sundog/io/flow.hpp"

namespace sundog::sim {

class Capture {
 public:
  // Writes into `file` from now on, which is the caller's and must outlive this.
  explicit Capture(std::FILE* file);

  // A frame on a link.
  void add(std::int64_t time_ns, std::string_view link, Bytes frame, std::string_view comment);

 private:
  std::uint32_t interface_of(std::string_view link);

  std::FILE* file_;
  std::map<std::string, std::uint32_t, std::less<>> interfaces_;
};

}  // namespace sundog::sim
