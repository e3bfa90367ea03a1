#include "sundog/io/complete_checksum.hpp"

namespace sundog {

bool complete_checksum(MutableBytes frame, const PacketOffload& offload) noexcept {
  const std::size_t start = offload.checksum_start;
  const std::size_t place = start + offload.checksum_offset;
  if (start > frame.size() || place + 2 > frame.size()) return false;
  // In big-endian words; at most 2^15 of them, so that the sum does not overflow.
  std::uint64_t sum = 0;
  for (std::size_t i = start; i < frame.size(); ++i) {
    const auto byte = std::to_integer<std::uint64_t>(frame[i]);
    sum += (i - start) % 2 == 0 ? byte << 8 : byte;
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  sum = ~sum & 0xffff;
  if (sum == 0) sum = 0xffff;
  frame[place] = static_cast<std::byte>(sum >> 8);
  frame[place + 1] = static_cast<std::byte>(sum & 0xff);
  return true;
}

}  // namespace sundog
