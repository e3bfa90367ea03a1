// Ipv6: packets in and out (RFC 8200). What has come is checked, its extension headers are passed,
// and it is put together again where it is in fragments; what is sent gets its header, and is cut
// where it must be.
#pragma once

#include <span>

#include "sundog/io/net/delivery.hpp"
#include "sundog/io/net/interface/interface.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/ipv4/reassembly.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/statistics.hpp"
#include "sundog/io/net/wire/ipv6.hpp"
#include "sundog/io/net/wire/ipv6_extensions.hpp"

namespace sundog::net {

class Ipv6 {
 public:
  // All outlive it.
  Ipv6(Ticks& ticks, RandomSource& random, Delivery& delivery, IpStatistics& statistics) noexcept;

  // A frame has come; `frame_is_group` says that it was not for this device alone.
  void received(Interface& interface, ReceivedPacket packet, bool frame_is_group) noexcept;
  // The header, into the first 40 bytes.
  static void write_header(MutableBytes packet, const Route& route, const Sending& sending,
                           std::size_t transport_bytes) noexcept;
  // See Ip::try_send(): for what is larger than one packet.
  bool try_send_fragments(Interface& interface, const Route& route, std::span<const Bytes> pieces,
                          const Sending& sending) noexcept;

  Reassembly& reassembly() noexcept { return reassembly_; }

 private:
  // Whether the packet may be for this machine; sets is_group.
  bool check_addresses(const Interface& interface, const wire::Ipv6Header& header,
                       bool& is_group) const noexcept;
  // As who is on this machine must name it (RFC 4007): fe80::1%2
  IpAddress in_zone_of(const Interface& interface, const IpAddress& address) const noexcept;
  // What is behind the headers goes where they say.
  void deliver(const wire::Extensions& chain, Received& what, ReceivedPacket packet) noexcept;
  void take_fragment(const wire::Extensions& chain, Received& what,
                     const ReceivedPacket& packet) noexcept;
  // Whether the fragment is right by itself; its sender is told where not.
  bool check_fragment(const wire::Extensions& chain, const Received& what,
                      const ReceivedPacket& packet) noexcept;

  RandomSource& random_;
  Delivery& delivery_;
  IpStatistics& statistics_;
  Reassembly reassembly_;
};

}  // namespace sundog::net
