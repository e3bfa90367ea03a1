// Icmp6: answers echoes, sends errors about packets that cannot be taken, and tells transports of
// errors about theirs (RFC 4443). Messages of neighbour discovery and of multicast listeners are
// handed on.
#pragma once

#include <cstdint>
#include <span>

#include "sundog/io/net/icmp/error_user.hpp"
#include "sundog/io/net/icmp/rate_limit.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/wire/icmp6.hpp"

namespace sundog::net {

// Takes the messages that concern an interface.
class LinkMessageUser {
 public:
  // Of neighbour discovery or of listeners, not looked at any further.
  virtual void link_message(const Received& what, const ReceivedPacket& packet) noexcept = 0;

 protected:
  ~LinkMessageUser() = default;
};

struct Icmp6Statistics {
  std::uint64_t received = 0;      // icmpInMsgs
  std::uint64_t wrong = 0;         // icmpInErrors
  std::uint64_t echoes = 0;        // icmpInEchos
  std::uint64_t echo_replies = 0;  // icmpOutEchoReps
  std::uint64_t errors_sent = 0;   // icmpOutErrors
  std::uint64_t not_sent = 0;      // because of a rate limit, or for want of room
};

class Icmp6 final : public Protocol {
 public:
  // All outlive it.
  Icmp6(Ip& ip, Ticks& ticks, ErrorUser& errors, LinkMessageUser& messages,
        IcmpLimits& limits) noexcept
      : ip_(ip), ticks_(ticks), user_(errors), messages_(messages), limits_(limits) {}

  std::uint16_t checksum_offset() const noexcept override { return wire::icmp6_checksum_offset; }
  void received(const Received& what, ReceivedPacket packet) noexcept override;
  void failed(const ErrorReport&) noexcept override {}

  // See Ip::refuse(). Of the kinds, a port, a filter, or an unknown protocol.
  void refuse(const Received& what, const ReceivedPacket& packet, ErrorReport::Kind why) noexcept;
  // The rules for what is answered at all (section 2.4 e) are kept here. `tell_of_groups`: also
  // where the packet was for a group.
  void send_error(const Received& what, const ReceivedPacket& packet,
                  const wire::Icmp6Header& error, bool tell_of_groups) noexcept;
  // The same about a packet of which the beginning lies in pieces.
  void send_error(const Received& what, std::span<const Bytes> quoted,
                  const wire::Icmp6Header& error, bool tell_of_groups) noexcept;

  const Icmp6Statistics& statistics() const noexcept { return statistics_; }

 private:
  void answer_echo(const Received& what, const ReceivedPacket& packet) noexcept;
  void take_error(const wire::Icmp6Header& header, Bytes quoted) noexcept;

  Ip& ip_;
  Ticks& ticks_;
  ErrorUser& user_;
  LinkMessageUser& messages_;
  IcmpLimits& limits_;
  Icmp6Statistics statistics_;
};

}  // namespace sundog::net
