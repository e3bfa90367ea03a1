// Icmp4: answers echoes, sends errors about packets that nobody here wants, and tells transports of
// errors about theirs (RFC 792, RFC 1122 section 3.2.2).
#pragma once

#include <cstdint>
#include <span>

#include "sundog/io/net/icmp/answers.hpp"
#include "sundog/io/net/icmp/error_user.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/limits.hpp"
#include "sundog/io/net/wire/icmp4.hpp"
#include "sundog/io/net/wire/ipv4.hpp"

namespace sundog::net {

class Icmp4 final : public Protocol {
 public:
  // All outlive it.
  Icmp4(Ip& ip, Ticks& ticks, ErrorUser& user, IcmpLimits& limits) noexcept;

  std::uint16_t checksum_offset() const noexcept override { return wire::icmp4_checksum_offset; }
  void received(const Received& what, ReceivedPacket packet) noexcept override;
  void failed(const ErrorReport&) noexcept override {}

  // See Ip::refuse(). Of the kinds, those that have a code of Icmp4Type::unreachable.
  void refuse(const Received& what, const ReceivedPacket& packet, ErrorReport::Kind why) noexcept;

  // An error about a packet of which the beginning lies in pieces; unless it is one about which
  // none is sent (RFC 1122 section 3.2.2).
  void send_error(const Received& what, std::span<const Bytes> quoted,
                  const wire::Icmp4Header& error) noexcept;

  const IcmpStatistics& statistics() const noexcept { return answers_.statistics(); }

 private:
  void answer_echo(const Received& what, const ReceivedPacket& packet) noexcept;
  void take_error(const wire::Icmp4Header& header, Bytes quoted) noexcept;

  ErrorUser& user_;
  IcmpAnswers answers_;
};

}  // namespace sundog::net
