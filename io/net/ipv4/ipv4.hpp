// Ipv4: packets in and out (RFC 791, RFC 1122 section 3). What has come is checked, and put
// together again where it is in fragments; what is sent gets its header, and is cut where it must
// be.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "sundog/io/net/delivery.hpp"
#include "sundog/io/net/interface/interface.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/ipv4/reassembly.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/statistics.hpp"
#include "sundog/io/net/wire/ipv4.hpp"

namespace sundog::net {

class Ipv4 {
 public:
  // All outlive it.
  Ipv4(Ticks& ticks, RandomSource& random, Delivery& delivery, IpStatistics& statistics) noexcept;

  // A frame has come; `frame_is_group` says that it was not for this device alone.
  void received(Interface& interface, ReceivedPacket packet, bool frame_is_group) noexcept;

  // The header, into the first 20 bytes.
  void write_header(MutableBytes packet, const Route& route, const Sending& sending,
                    std::size_t transport_bytes) noexcept;
  // See Ip::try_send(): for what is larger than one packet. It may be cut.
  bool try_send_fragments(Interface& interface, const Route& route, std::span<const Bytes> pieces,
                          const Sending& sending) noexcept;

  Reassembly& reassembly() noexcept { return reassembly_; }

 private:
  // An identification for a packet that may be cut: hard to guess, and not soon the same again for
  // one destination (RFC 6864, RFC 7739 section 5).
  std::uint16_t identification(const IpAddress& destination) noexcept;
  // Whether the packet may be for this machine; sets is_group.
  bool check_addresses(const Interface& interface, const wire::Ipv4Header& header,
                       bool frame_is_group, bool& is_group) const noexcept;

  RandomSource& random_;
  Delivery& delivery_;
  IpStatistics& statistics_;
  Reassembly reassembly_;
  std::array<std::uint16_t, 64> identifications_{};
};

}  // namespace sundog::net
