// Ipv6: packets in and out (RFC 8200). What has come is checked; what is sent gets its header.
#pragma once

#include "sundog/io/net/interface/interface.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/ipv4/ipv4.hpp"
#include "sundog/io/net/statistics.hpp"
#include "sundog/io/net/wire/ipv6.hpp"

namespace sundog::net {

class Ipv6 {
 public:
  // Both outlive it.
  Ipv6(Delivery& delivery, IpStatistics& statistics) noexcept
      : delivery_(delivery), statistics_(statistics) {}

  // A frame has come; `frame_is_group` says that it was not for this device alone.
  void received(Interface& interface, ReceivedPacket packet, bool frame_is_group) noexcept;
  // The header, into the first 40 bytes.
  static void write_header(MutableBytes packet, const Route& route, const Sending& sending,
                           std::size_t transport_bytes) noexcept;

 private:
  // Whether the packet may be for this machine; sets is_group.
  bool check_addresses(const Interface& interface, const wire::Ipv6Header& header,
                       bool& is_group) const noexcept;

  Delivery& delivery_;
  IpStatistics& statistics_;
};

}  // namespace sundog::net
