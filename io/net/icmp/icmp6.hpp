// Icmp6: answers echoes, sends errors about packets that cannot be taken, and tells transports of
// errors about theirs (RFC 4443). Messages of neighbour discovery and of multicast listeners are
// handed on.
#pragma once

#include <cstdint>
#include <span>

#include "sundog/io/net/icmp/answers.hpp"
#include "sundog/io/net/icmp/error_user.hpp"
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

class Icmp6 final : public Protocol {
 public:
  // All outlive it.
  Icmp6(Ip& ip, Ticks& ticks, ErrorUser& errors, LinkMessageUser& messages,
        IcmpLimits& limits) noexcept;

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

  const IcmpStatistics& statistics() const noexcept { return answers_.statistics(); }

 private:
  void answer_echo(const Received& what, const ReceivedPacket& packet) noexcept;
  void take_error(const wire::Icmp6Header& header, Bytes quoted) noexcept;

  ErrorUser& user_;
  LinkMessageUser& messages_;
  IcmpAnswers answers_;
};

}  // namespace sundog::net
