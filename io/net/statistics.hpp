// IpStatistics: what the layers of IP have counted since they were made, with the names of RFC 4293
// (ipSystemStats) beside.
#pragma once

#include <cstdint>

namespace sundog::net {

struct IpStatistics {
  std::uint64_t received = 0;           // InReceives
  std::uint64_t wrong_headers = 0;      // InHdrErrors
  std::uint64_t wrong_addresses = 0;    // InAddrErrors: not for this machine, or from nowhere
  std::uint64_t wrong_checksums = 0;    // of transports
  std::uint64_t unknown_protocols = 0;  // InUnknownProtos
  std::uint64_t delivered = 0;          // InDelivers
  std::uint64_t sent = 0;               // OutRequests
  std::uint64_t too_big = 0;            // OutFragFails: they must not be cut
  std::uint64_t cut = 0;                // OutFragOKs
  std::uint64_t fragments_sent = 0;     // OutFragCreates
};

}  // namespace sundog::net
