// TcpOptions: what may stand between TCP's header and its payload: the maximum segment size (RFC
// 9293 section 3.7.1), window scale and timestamps (RFC 7323), and selective acknowledgements (RFC
// 2018).
//
// Peers and the boxes between send all sorts of things here. Options of other kinds, and known ones
// of a wrong length, are skipped; where a length leads outside, reading ends, and what stood before
// holds. No text is refused for its options.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sundog/io/flow.hpp"
#include "sundog/io/net/wire/tcp_sequence.hpp"

namespace sundog::net::wire {

struct TcpTimestamps {
  std::uint32_t value = 0;
  // What the peer sent last, as RFC 7323 section 4 says which; 0 without the flag ACK.
  std::uint32_t echo = 0;

  bool operator==(const TcpTimestamps&) const = default;
};

// Bytes that have come, from `start` to before `end`.
struct SackBlock {
  Sequence start;
  Sequence end;

  bool operator==(const SackBlock&) const = default;
};

struct TcpOptions {
  static constexpr std::size_t bytes_max = 40;
  static constexpr std::size_t sack_blocks_max = 4;

  std::optional<std::uint16_t> segment_bytes_max;  // "MSS", in segments with SYN
  std::optional<std::uint8_t> window_scale;        // in segments with SYN
  bool sack_permitted = false;                     // in segments with SYN
  std::optional<TcpTimestamps> timestamps;
  std::array<SackBlock, sack_blocks_max> sack{};
  std::uint8_t sack_count = 0;

  std::span<const SackBlock> sack_blocks() const noexcept {
    return std::span(sack).first(sack_count);
  }
  bool operator==(const TcpOptions&) const = default;
};

// How many bytes they take, padding included: a multiple of 4, at most bytes_max where there are
// not more SACK blocks than have room beside the others (3 beside timestamps).
std::size_t tcp_options_bytes(const TcpOptions& options) noexcept;

// Into the first tcp_options_bytes() bytes.
void write_tcp_options(const TcpOptions& options, MutableBytes to) noexcept;

TcpOptions parse_tcp_options(Bytes bytes) noexcept;

}  // namespace sundog::net::wire
