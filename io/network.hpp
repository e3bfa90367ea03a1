// Network: a device that sends and receives Ethernet frames (Mirage's NETWORK): a TAP device, a Xen
// network interface, a simulated one. A TCP/IP stack is built on it.
//
// Sending is in two steps, so that a frame is written once, straight into the memory that the
// device sends from, and waiting is apart from sending:
//
//   TransmitBuffer buffer = co_await network.buffer(size);   // here is the back-pressure
//   write_headers(buffer.bytes()); ...
//   network.send(std::move(buffer), offload);                // cannot fail and does not wait
//
// An implementation MUST ensure that:
//
// What it is
//  - mac() does not change. mtu() is the largest payload of a frame in bytes (1500, mostly): a
//    frame is at most frame_header_bytes longer. offloads() says what the device does for packets
//    that are sent, and does not change.
//  - link_up() tells whether frames can pass. link_changed(known) waits until that is not `known`
//    and gives what it is: no change is missed between a look and the wait.
//
// Sending
//  - buffer(size) waits until the device has room for another frame and gives a buffer of `size`
//    bytes; the task that waited longest comes first, and smaller ones need not let larger ones
//    pass. try_buffer(size) gives an empty one where buffer() would wait. `size` is 1 to mtu() +
//    frame_header_bytes, or to offloads().segmented_bytes_max where the device cuts large packets.
//    There are at least send_buffers_min buffers of either kind. Cancelled, it takes none. It
//    throws std::system_error: no_such_device when the device is gone for good.
//  - send(buffer, offload) takes the buffer, which is this device's, and queues the frame; it
//    leaves at the latest when the loop's turn ends, with all others of that turn and by one system
//    call or notification as far as the device can. Frames leave in order. What offload asks for
//    must be among offloads(). Whatever happens to the frame then (the link is down, the peer's
//    queue is full) is in the statistics and nowhere else: networks lose frames.
//  - send(buffer, payload, offload) is for devices whose offloads().gather_pieces_max is not 0: the
//    frame is the buffer's bytes and then those of the payload's pieces, as many at most, which
//    the device reads where they lie. They are lent to it until it calls payload.released().
//
// Receiving
//  - receive() waits for a frame; try_receive() gives an empty packet where receive() would wait.
//    One task receives at a time. Cancelled, it loses no frame. Its memory is the device's, on loan
//    for as long as the packet lives; the device has a fixed number of such buffers, and while all
//    are on loan or filled, what comes is lost and counted. A program that keeps packets for long
//    copies them out. Throws no_such_device when the device is gone for good.
//  - frames are given in the order in which they came. They are for mac(), for all, or for a group
//    that was joined; more may be given, and all are after receive_everything(true). None is
//    shorter than a frame's header. Otherwise nothing is checked: what it holds is from outside.
//  - accept(offloads) says what the receiver understands; nothing, at first. Only what was accepted
//    comes: large segments (at most segmented_bytes_max bytes long) and partial checksums. It
//    concerns frames that come later.
//  - join(group) and leave(group): frames to this multicast address are wanted. They count: a group
//    is left when it was left as often as joined.
//
// Otherwise
//  - statistics() counts since the device was opened.
//  - steady traffic allocates nothing.
//  - it is moved, not copied. When it is destroyed nobody waits in it, and all buffers and packets
//    have come back; frames that were sent in an earlier turn still leave.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sundog/io/flow.hpp"
#include "sundog/io/mac_address.hpp"
#include "sundog/io/packet.hpp"

namespace sundog {

// Two addresses and the type.
inline constexpr std::size_t frame_header_bytes = 14;

// How many buffers a device has at least for frames of the mtu, and for large packets.
inline constexpr std::size_t send_buffers_min = 4;

// What a device does for packets that are sent, or a receiver bears in those that come.
struct Offloads {
  // Packets with Checksum::partial, of TCP and UDP over either.
  bool checksum4 = false;
  bool checksum6 = false;
  // Segmentation of each kind; it includes the checksum's.
  bool tcp4 = false;
  bool tcp6 = false;
  bool udp = false;
  // The largest packet with segmentation, headers included.
  std::uint32_t segmented_bytes_max = 0;
  // Of a payload that is sent from where it lies.
  std::uint16_t gather_pieces_max = 0;

  // Whether a packet with this segmentation may be sent; and whether any larger than the mtu may.
  bool segments(Segmentation kind) const noexcept {
    return kind == Segmentation::none || (kind == Segmentation::tcp4 && tcp4) ||
           (kind == Segmentation::tcp6 && tcp6) || (kind == Segmentation::udp && udp);
  }
  bool segments_any() const noexcept { return tcp4 || tcp6 || udp; }
};

// Counters, with the names of RFC 2863 (ifTable) beside.
struct NetworkStatistics {
  std::uint64_t received_frames = 0;  // ifIn*Pkts
  std::uint64_t received_bytes = 0;   // ifInOctets, without the check sequence
  std::uint64_t received_lost = 0;    // ifInDiscards: no buffer was free
  std::uint64_t received_wrong = 0;   // ifInErrors: no frame, or a peer that broke the protocol
  std::uint64_t sent_frames = 0;      // ifOut*Pkts
  std::uint64_t sent_bytes = 0;       // ifOutOctets
  std::uint64_t sent_lost = 0;        // ifOutDiscards: nobody took it
};

// A payload that lies in the sender's memory, which must stay as it is until released() is called:
// once, in the loop, and perhaps before send() has returned.
class LentPayload {
 public:
  // Up to offloads().gather_pieces_max of them.
  std::span<const Bytes> pieces;

  // The device is done with the memory.
  virtual void released() noexcept = 0;

 protected:
  LentPayload() = default;
  ~LentPayload() = default;
};

template <class N>
concept Network = std::movable<N> && requires(N& network, const N& constant, bool yes,
                                              std::size_t size, TransmitBuffer buffer,
                                              LentPayload& payload, const PacketOffload& offload,
                                              const Offloads& offloads, MacAddress group) {
  { constant.mac() } noexcept -> std::same_as<MacAddress>;
  { constant.mtu() } noexcept -> std::same_as<std::size_t>;
  { constant.offloads() } noexcept -> std::same_as<Offloads>;
  { constant.link_up() } noexcept -> std::same_as<bool>;
  { network.link_changed(yes) } -> AwaitableOf<bool>;
  { network.buffer(size) } -> AwaitableOf<TransmitBuffer>;
  { network.try_buffer(size) } -> std::same_as<TransmitBuffer>;
  { network.send(std::move(buffer), offload) } noexcept -> std::same_as<void>;
  { network.send(std::move(buffer), payload, offload) } noexcept -> std::same_as<void>;
  { network.receive() } -> AwaitableOf<ReceivedPacket>;
  { network.try_receive() } -> std::same_as<ReceivedPacket>;
  { network.accept(offloads) } noexcept -> std::same_as<void>;
  { network.join(group) } -> std::same_as<void>;
  { network.leave(group) } noexcept -> std::same_as<void>;
  { network.receive_everything(yes) } noexcept -> std::same_as<void>;
  { constant.statistics() } noexcept -> std::same_as<NetworkStatistics>;
};

}  // namespace sundog
