#include "sundog/io/complete_checksum.hpp"

#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/fields.hpp"

namespace sundog {

bool complete_checksum(MutableBytes frame, const PacketOffload& offload) noexcept {
  const std::size_t start = offload.checksum_start;
  const std::size_t place = start + offload.checksum_offset;
  if (start > frame.size() || place + 2 > frame.size()) return false;
  const std::uint16_t sum = net::wire::internet_checksum(frame.subspan(start));
  net::wire::write_u16(frame, place, sum == 0 ? 0xffff : sum);
  return true;
}

}  // namespace sundog
