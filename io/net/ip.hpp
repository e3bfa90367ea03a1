// Ip: what a transport protocol (TCP, UDP, ICMP) sees of the layers below it, and Protocol: what IP
// hands packets up to. The two are the seam in the middle of the stack: a transport is written and
// tested against these classes alone, with a made-up Ip that needs no device and no loop.
//
// Sending
//
//   std::errc error{};
//   const Route route = ip.route({.destination = peer}, error);       // once, and kept
//   Outgoing packet = ip.try_packet(route, header_bytes + payload_bytes);
//   if (!packet) return ip.wait_for_room(route, *this);                // here is the back-pressure
//   write_segment(packet.bytes()); ...                                 // the field of the checksum
//   ip.send(route, std::move(packet), sending);                        // is IP's business
//
// The packet's memory is the device's: what a transport writes is not copied any more, except while
// the neighbour's address is not known yet. A Route is a value that may be kept for as long as
// generation() stays what it was; then it must be asked for again.
//
// Receiving
//
// IP has checked a packet before its Protocol sees it: the lengths, that it is for this machine,
// that its fragments are together, and the transport's own checksum where the Protocol names its
// place. Its contents still come from outside and are not to be trusted.
//
// Everything here happens in the thread of the stack's loop, and nothing waits. The functions do
// not throw unless they say so.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <utility>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/network.hpp"
#include "sundog/io/packet.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/list.hpp"

namespace sundog::net {

// The numbers of the protocols above IP (IANA, "Assigned Internet Protocol Numbers").
enum class ProtocolNumber : std::uint8_t { icmp4 = 1, igmp = 2, tcp = 6, udp = 17, icmp6 = 58 };

// The two low bits of the traffic class (RFC 3168 section 5).
enum class Ecn : std::uint8_t { not_capable = 0, capable_1 = 1, capable_0 = 2, congested = 3 };

// Which of the stack's interfaces: 0 is the loopback, the devices follow as they were added.
using InterfaceId = std::uint8_t;
inline constexpr InterfaceId loopback_interface = 0;
inline constexpr InterfaceId any_interface = 0xff;

// Without options or extension headers.
inline constexpr std::size_t ipv4_header_bytes = 20;
inline constexpr std::size_t ipv6_header_bytes = 40;
inline constexpr std::uint8_t default_hop_limit = 64;
// Of what is in an IP packet, whatever the device could carry.
inline constexpr std::size_t ip_packet_bytes_max = 65535;

// The same for either family.
constexpr std::size_t ip_header_bytes(IpAddress::Family family) noexcept {
  return family == IpAddress::Family::v4 ? ipv4_header_bytes : ipv6_header_bytes;
}

// Where a packet is to go. The source is any (0.0.0.0 or ::) to have it chosen; with a source that
// is given, packets leave by the interface that has it (strong host model, RFC 1122 section
// 3.3.4.2). The interface is given for link-local and multicast destinations.
struct RouteQuery {
  IpAddress destination{};
  IpAddress source{};
  InterfaceId interface = any_interface;
};

// How packets get to a destination.
struct Route {
  IpAddress source;
  IpAddress destination;
  // The neighbour that takes the packets: the destination itself, or a gateway.
  IpAddress next_hop;
  InterfaceId interface = any_interface;
  // The destination is a broadcast address of the interface's network, or a multicast group.
  bool is_group = false;
  // The largest IP packet that gets there whole, as far as is known: of the device, or of the path
  // (RFC 1191, RFC 8201).
  std::uint32_t mtu = 0;
  // How many routers a packet may pass whose sender leaves it open.
  std::uint8_t hop_limit = default_hop_limit;
  // What the device does for packets that are sent.
  Offloads offloads{};

  // What IP puts before the transport's header.
  std::size_t header_bytes() const noexcept { return ip_header_bytes(source.family()); }
  // How many bytes of a transport's header and payload fit into one packet.
  std::size_t transport_bytes_max() const noexcept { return mtu - header_bytes(); }
  // The same for one that the device cuts into segments; 0 where it does not.
  std::size_t segmented_bytes_max(ProtocolNumber protocol) const noexcept {
    if (!offloads.segments(segmentation(protocol))) return 0;
    const std::size_t frame = offloads.segmented_bytes_max;
    const std::size_t packet =
        frame < frame_header_bytes ? 0 : std::min(frame - frame_header_bytes, ip_packet_bytes_max);
    return packet < header_bytes() ? 0 : packet - header_bytes();
  }
  // What the segmentation of this protocol's packets is called.
  Segmentation segmentation(ProtocolNumber protocol) const noexcept {
    if (protocol == ProtocolNumber::udp) return Segmentation::udp;
    return source.is_v4() ? Segmentation::tcp4 : Segmentation::tcp6;
  }
};

// A packet that is being written. Empty until it is got from an Ip, and after it was sent.
class Outgoing {
 public:
  Outgoing() = default;
  // For an Ip: the transport's part of the buffer begins at `transport_start`.
  Outgoing(TransmitBuffer buffer, std::size_t transport_start) noexcept
      : buffer_(std::move(buffer)), transport_start_(transport_start) {}

  explicit operator bool() const noexcept { return static_cast<bool>(buffer_); }
  // Where the transport writes: as many bytes as were asked for, which hold what others left.
  MutableBytes bytes() const noexcept { return buffer_.bytes().subspan(transport_start_); }
  // Makes it shorter, once it is known how long it is.
  void shorten(std::size_t transport_bytes) noexcept {
    buffer_.shorten(transport_start_ + transport_bytes);
  }

  // For an Ip.
  std::size_t transport_start() const noexcept { return transport_start_; }
  TransmitBuffer take() noexcept { return std::move(buffer_); }

 private:
  TransmitBuffer buffer_;
  std::size_t transport_start_ = 0;
};

// What goes with a packet that is sent.
struct Sending {
  static constexpr std::uint16_t no_checksum = 0xffff;

  // What the packet carries, and how many routers it may pass: 0 leaves that to the route.
  ProtocolNumber protocol = ProtocolNumber::udp;
  std::uint8_t hop_limit = 0;
  // Differentiated services and, in the two low bits, Ecn.
  std::uint8_t traffic_class = 0;
  // Routers must not cut it (IPv4). Without it, what is larger than the path's mtu is cut.
  bool dont_fragment = false;
  // Where in the transport's header the Internet checksum (RFC 1071) stands, which sums up the
  // pseudo header, the header and the payload. IP fills it in, or has the device do so. An ICMPv4
  // or IGMP message has no pseudo header, and a sum of 0 is sent as 0xffff for UDP (RFC 768).
  std::uint16_t checksum_offset = no_checksum;
  // For a packet that the device cuts: how many bytes of payload each segment has, and how long the
  // transport's header is that stands before each. 0 for any other packet.
  std::uint16_t segment_bytes = 0;
  std::uint16_t transport_header_bytes = 0;
};

// A packet that has come in.
struct Received {
  IpAddress source;
  // An address of this machine, a broadcast address, or a group.
  IpAddress destination;
  InterfaceId interface = any_interface;
  std::uint8_t hop_limit = 0;
  std::uint8_t traffic_class = 0;
  // It was sent to more than this machine: its destination is a broadcast address or a group, or
  // its frame's was. No such packet is answered by an error.
  bool is_group = false;
  // It came in fragments, if only in one (RFC 6946).
  bool was_fragmented = false;
  // One packet that stands for several of so many bytes of payload each (the last may have fewer),
  // put together by the device or by a sender on this machine; else 0. Only TCP gets these.
  std::uint16_t segment_bytes = 0;
  // Where in the packet the IP header begins.
  std::uint16_t network_start = 0;
  // Where in the packet the transport's header begins, and how many bytes come from there on.
  std::uint32_t transport_start = 0;
  std::uint32_t transport_bytes = 0;
  // The beginning of it, in one piece: the transport's header lies in here, or in a packet whose
  // IPv6 extension headers are very long, nothing.
  Bytes header;

  // What routers on the way have marked.
  Ecn ecn() const noexcept { return static_cast<Ecn>(traffic_class & 3); }
};

// An ICMP error about a packet that this machine has sent, as its receiver's transport sees it. It
// is no more than a hint: anybody can have made it up (RFC 5927).
struct ErrorReport {
  enum class Kind : std::uint8_t {
    network_unreachable,
    host_unreachable,
    protocol_unreachable,
    port_unreachable,
    prohibited,        // by an administrator's filter
    packet_too_big,    // the path's mtu is kept already: ask for the route anew
    time_exceeded,     // too many hops
    header_not_taken,  // a parameter problem
  };
  Kind kind = Kind::host_unreachable;
  // With packet_too_big: the largest IP packet that gets through.
  std::uint32_t mtu = 0;
  // Of the packet that the error is about: this machine's address, and the peer's.
  IpAddress source;
  IpAddress destination;
  // The beginning of its transport header, 8 bytes at least.
  Bytes header;
};

// A transport protocol. It outlives the Ip that it is registered with.
class Protocol {
 public:
  // Where in its header the checksum stands, or Sending::no_checksum where there is none to check.
  virtual std::uint16_t checksum_offset() const noexcept = 0;
  // A packet has come in. Its memory is on loan from a device that has few such buffers: who wants
  // the bytes for longer copies them, or keeps the packet and knows how many it keeps.
  virtual void received(const Received& what, ReceivedPacket packet) noexcept = 0;
  // Whether the packet that an error is about can be one of this protocol's: it has such a
  // conversation, and the numbers fit. Where it has not the error is not believed (RFC 5927).
  virtual bool has_sent(const ErrorReport& report) const noexcept {
    static_cast<void>(report);
    return true;
  }
  // Something has happened to a packet that was sent.
  virtual void failed(const ErrorReport& report) noexcept = 0;

 protected:
  ~Protocol() = default;
};

// Is told once that there may be room for packets again, and then stands in no line any more.
class RoomWaiter : public ListLink {
 public:
  virtual void room() noexcept = 0;

 protected:
  ~RoomWaiter() = default;
};

// See the opening comment.
class Ip {
 public:
  // --- routes ---

  // `error` is left alone where there is a route; else it is network_unreachable,
  // address_not_available (the source is not, or not yet, this machine's), or host_unreachable.
  virtual Route route(const RouteQuery& query, std::errc& error) const noexcept = 0;
  // Another number each time something has changed that routes depend on: addresses, routes, links,
  // what is known of paths.
  virtual std::uint32_t generation() const noexcept = 0;
  // Whether a socket may be bound to it: an address of this machine that is ready for use.
  virtual bool is_own(const IpAddress& address) const noexcept = 0;
  // The same address as packets that come in have it: a link-local one in the zone that is the
  // interface's number, whatever name it was given by. For whoever binds to an address.
  virtual IpAddress in_numbered_zone(const IpAddress& address) const noexcept { return address; }
  // What was sent along this route has arrived: its acknowledgement shows that the neighbour is
  // there, and nobody needs to ask it (RFC 4861 section 7.3.1).
  virtual void confirm(const Route& route) noexcept = 0;

  // --- sending ---

  // A packet with `transport_bytes` for header and payload, at most route.transport_bytes_max(), or
  // segmented_bytes_max() for one that the device cuts. Empty when there is no room now.
  virtual Outgoing try_packet(const Route& route, std::size_t transport_bytes) noexcept = 0;
  // In the order in which they came, when there may be room again on the route's interface. The
  // waiter must be in no line, and leave before it ends.
  virtual void wait_for_room(const Route& route, RoomWaiter& waiter) noexcept = 0;
  virtual void stop_waiting(RoomWaiter& waiter) noexcept = 0;

  // Sends the packet, which is from try_packet() for this route. It leaves by the end of the turn;
  // whatever happens to it then is in the statistics.
  virtual void send(const Route& route, Outgoing packet, const Sending& sending) noexcept = 0;
  // The same with a payload that lies elsewhere and follows the packet's bytes; for routes whose
  // offloads.gather_pieces_max is not smaller than its number of pieces. The payload must not be
  // changed until payload.released() is called, perhaps before this has returned.
  virtual void send(const Route& route, Outgoing packet, LentPayload& payload,
                    const Sending& sending) noexcept = 0;
  // Copies and sends what lies in pieces, header and payload, together at most ip_packet_bytes_max
  // less the IP header; in several fragments if it is larger than the path's mtu. False: there is
  // no room now, and nothing was taken.
  virtual bool try_send(const Route& route, std::span<const Bytes> pieces,
                        const Sending& sending) noexcept = 0;

  // --- groups and errors ---

  // Packets to this multicast group are wanted from an interface. They count: a group is left when
  // it was left as often as joined. join() throws std::bad_alloc.
  virtual void join(InterfaceId interface, const IpAddress& group) = 0;
  virtual void leave(InterfaceId interface, const IpAddress& group) noexcept = 0;
  // Answers a packet that nobody here wants: its port, or its protocol, is unreachable. There is a
  // limit to how many are sent, and rules for which packets are never answered (RFC 1122 section
  // 3.2.2, RFC 4443 section 2.4).
  virtual void refuse(const Received& what, const ReceivedPacket& packet,
                      ErrorReport::Kind why) noexcept = 0;

  // --- protocols ---

  // At most one for each number.
  virtual void add(ProtocolNumber number, Protocol& protocol) noexcept = 0;

 protected:
  ~Ip() = default;
};

}  // namespace sundog::net
