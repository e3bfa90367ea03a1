#include "sundog/io/net/device/traced.hpp"

#include <new>
#include <string>

#include "sundog/io/net/device/pcapng.hpp"

namespace sundog::net {
namespace {

constexpr std::uint32_t interface_in = 0;
constexpr std::uint32_t interface_out = 1;

std::string_view comment_on(const PacketOffload& offload) noexcept {
  if (offload.segmentation != Segmentation::none) return "one large packet for many";
  if (offload.checksum == Checksum::partial) return "the checksum is left to others";
  return {};
}

}  // namespace

FrameLog::FrameLog(std::string_view name, CaptureSink& sink) : sink_(&sink) {
  sink_->write(pcapng::section());
  sink_->write(pcapng::interface(std::string(name) + " in"));
  sink_->write(pcapng::interface(std::string(name) + " out"));
}

void FrameLog::received(const ReceivedPacket& packet) noexcept {
  std::array<Bytes, pieces_max> pieces;
  std::size_t count = 0;
  packet.for_each_piece([&](Bytes piece) {
    if (count < pieces.size()) pieces[count++] = piece;
  });
  write(interface_in, std::span(pieces).first(count), packet.offload());
}

void FrameLog::sent(Bytes frame, std::span<const Bytes> payload,
                    const PacketOffload& offload) noexcept {
  std::array<Bytes, pieces_max> pieces;
  std::size_t count = 0;
  pieces[count++] = frame;
  for (const Bytes piece : payload) {
    if (count < pieces.size()) pieces[count++] = piece;
  }
  write(interface_out, std::span(pieces).first(count), offload);
}

void FrameLog::write(std::uint32_t interface, std::span<const Bytes> pieces,
                     const PacketOffload& offload) noexcept {
  try {
    sink_->write(pcapng::packet(interface, sink_->time_ns(), pieces, comment_on(offload)));
  } catch (const std::bad_alloc&) {
    // A capture is no reason for the network to stand still.
  }
}

}  // namespace sundog::net
