// IcmpAnswers: what both versions of ICMP send: echo replies and errors, within the limits that
// they share, and counted. Which packets are answered, and by what, is each version's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sundog/io/flow.hpp"
#include "sundog/io/net/icmp/rate_limit.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/packet.hpp"

namespace sundog::net {

// Of one version (RFC 4293's names).
struct IcmpStatistics {
  std::uint64_t received = 0;      // icmpInMsgs
  std::uint64_t wrong = 0;         // icmpInErrors
  std::uint64_t echoes = 0;        // icmpInEchos
  std::uint64_t echo_replies = 0;  // icmpOutEchoReps
  std::uint64_t errors_sent = 0;   // icmpOutErrors
  std::uint64_t not_sent = 0;      // because of a rate limit, or for want of room
};

class IcmpAnswers {
 public:
  // All outlive it. `sending` goes with each message.
  IcmpAnswers(Ip& ip, Ticks& ticks, IcmpLimits& limits, const Sending& sending) noexcept
      : ip_(ip), ticks_(ticks), limits_(limits), sending_(sending) {}

  // Sends an echo back where it lies, with the reply's type; nothing where no way leads back.
  void send_echo(const RouteQuery& back, const Received& what, const ReceivedPacket& packet,
                 std::byte reply_type) noexcept;
  // Sends an error: its header, and the beginning of the packet that it is about, at most
  // `quoted_bytes_max` of it, which lies in one or two pieces. Nothing where no way leads back, or
  // it leads to a group.
  void send_error(const RouteQuery& back, Bytes header, std::span<const Bytes> quoted,
                  std::size_t quoted_bytes_max) noexcept;

  IcmpStatistics& statistics() noexcept { return statistics_; }
  const IcmpStatistics& statistics() const noexcept { return statistics_; }

 private:
  Ip& ip_;
  Ticks& ticks_;
  IcmpLimits& limits_;
  const Sending sending_;
  IcmpStatistics statistics_;
};

// Copies the beginning of a packet, its IP header first, to be quoted in an error: as much as there
// is space for. Gives what it copied.
Bytes quote(const Received& what, const ReceivedPacket& packet, MutableBytes space) noexcept;

}  // namespace sundog::net
