// VnetHeader: what stands in front of each frame of a TAP device with IFF_VNET_HDR: struct
// virtio_net_hdr of <linux/virtio_net.h>, in the machine's own byte order.
#pragma once

#include <cstdint>

#include "sundog/io/packet.hpp"

namespace sundog::detail {

struct VnetHeader {
  static constexpr std::uint8_t needs_checksum = 1;
  static constexpr std::uint8_t data_valid = 2;
  static constexpr std::uint8_t gso_none = 0;
  static constexpr std::uint8_t gso_tcp4 = 1;
  static constexpr std::uint8_t gso_tcp6 = 4;
  static constexpr std::uint8_t gso_udp = 5;
  static constexpr std::uint8_t gso_ecn = 0x80;

  std::uint8_t flags = 0;
  std::uint8_t gso_type = gso_none;
  std::uint16_t header_bytes = 0;
  std::uint16_t gso_bytes = 0;
  std::uint16_t checksum_start = 0;
  std::uint16_t checksum_offset = 0;
};
static_assert(sizeof(VnetHeader) == 10);

constexpr VnetHeader to_vnet(const PacketOffload& offload) noexcept {
  VnetHeader header;
  if (offload.checksum == Checksum::partial) {
    header.flags = VnetHeader::needs_checksum;
    header.checksum_start = offload.checksum_start;
    header.checksum_offset = offload.checksum_offset;
  }
  switch (offload.segmentation) {
    case Segmentation::none:
      return header;
    case Segmentation::tcp4:
      header.gso_type = VnetHeader::gso_tcp4;
      break;
    case Segmentation::tcp6:
      header.gso_type = VnetHeader::gso_tcp6;
      break;
    case Segmentation::udp:
      header.gso_type = VnetHeader::gso_udp;
      break;
  }
  header.gso_bytes = offload.segment_bytes;
  header.header_bytes = offload.header_bytes;
  return header;
}

// False: a kind that was not asked for.
constexpr bool from_vnet(const VnetHeader& header, PacketOffload& offload) noexcept {
  if ((header.flags & VnetHeader::needs_checksum) != 0) {
    offload.checksum = Checksum::partial;
    offload.checksum_start = header.checksum_start;
    offload.checksum_offset = header.checksum_offset;
  } else if ((header.flags & VnetHeader::data_valid) != 0) {
    offload.checksum = Checksum::verified;
  }
  switch (header.gso_type & ~VnetHeader::gso_ecn) {
    case VnetHeader::gso_none:
      return true;
    case VnetHeader::gso_tcp4:
      offload.segmentation = Segmentation::tcp4;
      break;
    case VnetHeader::gso_tcp6:
      offload.segmentation = Segmentation::tcp6;
      break;
    case VnetHeader::gso_udp:
      offload.segmentation = Segmentation::udp;
      break;
    default:
      return false;
  }
  offload.segment_bytes = header.gso_bytes;
  offload.header_bytes = header.header_bytes;
  return header.gso_bytes != 0;
}

}  // namespace sundog::detail
