#include "sundog/io/net/icmp/echo.hpp"

#include <algorithm>

namespace sundog::net {

std::size_t turn_echo_round(const Received& what, const ReceivedPacket& packet,
                            std::byte reply_type, std::span<Bytes> pieces) noexcept {
  std::size_t count = 0;
  std::size_t skip = what.transport_start;
  std::size_t left = what.transport_bytes;
  std::byte* type = nullptr;
  packet.for_each_piece([&](MutableBytes piece) {
    const std::size_t skipped = std::min(skip, piece.size());
    const MutableBytes part = piece.subspan(skipped, std::min(left, piece.size() - skipped));
    skip -= skipped;
    if (part.empty() || count == pieces.size()) return;
    left -= part.size();
    if (count == 0) type = part.data();
    pieces[count++] = part;
  });
  if (left != 0 || type == nullptr) return 0;
  *type = reply_type;
  return count;
}

}  // namespace sundog::net
