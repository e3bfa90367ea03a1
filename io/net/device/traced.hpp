// Traced<Network>: a network device all of whose frames are written down, in both directions, in
// the pcapng format (pcapng.hpp).
//
// A frame is written as it is handed over: before the device has cut a large packet or completed a
// checksum; a comment in the file says so.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "sundog/io/network.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::net {

// Takes the bytes of a capture file.
class CaptureSink {
 public:
  // What does not get into the file is for the sink to tell of: the network goes on.
  virtual void write(std::string_view bytes) noexcept = 0;
  // What goes beside each packet, in nanoseconds since the beginning of 1970.
  virtual std::uint64_t time_ns() const noexcept = 0;

 protected:
  ~CaptureSink() = default;
};

// All of Traced that is no template: an interface in a capture, for frames in and frames out.
class FrameLog {
 public:
  // The beginning of a file, with two interfaces, named "NAME in" and "NAME out". The sink outlives
  // this.
  FrameLog(std::string_view name, CaptureSink& sink);

  void received(const ReceivedPacket& packet) noexcept;
  void sent(Bytes frame, std::span<const Bytes> payload, const PacketOffload& offload) noexcept;

 private:
  static constexpr std::size_t pieces_max = 64;
  void write(std::uint32_t interface, std::span<const Bytes> pieces,
             const PacketOffload& offload) noexcept;

  CaptureSink* sink_;
};

template <Network N>
class Traced {
 public:
  Traced(N network, std::string_view name, CaptureSink& sink)
      : network_(std::move(network)), log_(name, sink) {}

  N& network() noexcept { return network_; }

  // See Network.
  MacAddress mac() const noexcept { return network_.mac(); }
  std::size_t mtu() const noexcept { return network_.mtu(); }
  Offloads offloads() const noexcept { return network_.offloads(); }
  bool link_up() const noexcept { return network_.link_up(); }
  auto link_changed(bool known) { return network_.link_changed(known); }
  auto buffer(std::size_t size) { return network_.buffer(size); }
  TransmitBuffer try_buffer(std::size_t size) { return network_.try_buffer(size); }
  void send(TransmitBuffer buffer, const PacketOffload& offload) noexcept {
    log_.sent(buffer.bytes(), {}, offload);
    network_.send(std::move(buffer), offload);
  }
  void send(TransmitBuffer buffer, LentPayload& payload, const PacketOffload& offload) noexcept {
    log_.sent(buffer.bytes(), payload.pieces, offload);
    network_.send(std::move(buffer), payload, offload);
  }
  ReceivedPacket try_receive() {
    ReceivedPacket packet = network_.try_receive();
    if (packet) log_.received(packet);
    return packet;
  }
  Task<ReceivedPacket> receive() {
    ReceivedPacket packet = co_await network_.receive();
    log_.received(packet);
    co_return packet;
  }
  void accept(const Offloads& offloads) noexcept { network_.accept(offloads); }
  void join(MacAddress group) { network_.join(group); }
  void leave(MacAddress group) noexcept { network_.leave(group); }
  void receive_everything(bool everything) noexcept { network_.receive_everything(everything); }
  NetworkStatistics statistics() const noexcept { return network_.statistics(); }

 private:
  N network_;
  FrameLog log_;
};

}  // namespace sundog::net
