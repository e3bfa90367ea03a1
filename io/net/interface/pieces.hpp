// Payloads that lie in pieces: how long they are together, and parts of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "sundog/io/flow.hpp"

namespace sundog::net {

inline std::size_t total_bytes(std::span<const Bytes> pieces) noexcept {
  std::size_t bytes = 0;
  for (const Bytes piece : pieces) bytes += piece.size();
  return bytes;
}

// The part of a row of pieces that begins at `offset`, `bytes` long: into `part`, behind its first;
// gives how many pieces of it are used.
inline std::size_t cut(std::span<const Bytes> pieces, std::size_t offset, std::size_t bytes,
                       std::span<Bytes> part) noexcept {
  std::size_t count = 1;
  for (const Bytes piece : pieces) {
    const std::size_t skipped = std::min(offset, piece.size());
    const std::size_t taken = std::min(bytes, piece.size() - skipped);
    if (taken != 0) part[count++] = piece.subspan(skipped, taken);
    offset -= skipped;
    bytes -= taken;
  }
  return count;
}

}  // namespace sundog::net
