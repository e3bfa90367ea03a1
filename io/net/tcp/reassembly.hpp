// Reassembly: which bytes have come beyond the one that is expected next, and what of that the peer
// is told in selective acknowledgements (RFC 2018), those of duplicates included (RFC 2883).
//
// The bytes themselves lie in the receive queue, at their place; here are only the ranges. There
// is room for so many gaps: what would make one more is not taken, and comes again. While there is
// no gap, which is nearly always, there is no memory for them either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sundog/io/net/wire/tcp_options.hpp"

namespace sundog::net::tcp {

class Reassembly {
 public:
  static constexpr std::size_t ranges_max = 48;

  Reassembly() noexcept = default;
  ~Reassembly() { give_back(); }
  Reassembly(const Reassembly&) = delete;
  Reassembly& operator=(const Reassembly&) = delete;

  bool empty() const noexcept { return count_ == 0; }
  std::size_t range_count() const noexcept { return count_; }
  // Whether a range may be added without joining another.
  bool full() const noexcept { return count_ == ranges_max; }

  // These have come. False: there are too many gaps, or no memory for them, and it was not taken.
  bool add(wire::Sequence start, wire::Sequence end) noexcept;
  // All before `next` has come: gives the end of what now is in order, `next` or beyond.
  wire::Sequence advance(wire::Sequence next) noexcept;
  // All of it has come before, as far as it is not in order yet.
  bool contains(wire::Sequence start, wire::Sequence end) const noexcept;
  // Some of it has come before.
  bool overlaps(wire::Sequence start, wire::Sequence end) const noexcept;

  // A segment came twice: the next acknowledgement says so.
  void note_duplicate(wire::Sequence start, wire::Sequence end) noexcept {
    duplicate_ = {start, end};
    has_duplicate_ = true;
  }
  bool has_duplicate() const noexcept { return has_duplicate_; }
  // The blocks for an acknowledgement, at most blocks.size(); the duplicate first, then the ranges
  // that changed last (RFC 2018 section 4). The duplicate is told once.
  std::size_t take_blocks(std::span<wire::SackBlock> blocks) noexcept;
  // How many there are to tell.
  std::size_t block_count() const noexcept { return count_ + (has_duplicate_ ? 1 : 0); }

  void clear() noexcept {
    count_ = 0;
    has_duplicate_ = false;
    give_back();
  }

 private:
  struct Range {
    wire::Sequence start;
    wire::Sequence end;
    std::uint32_t changed = 0;  // the larger, the later
  };

  void give_back() noexcept;

  // In the order of the stream; no two touch. Memory of the frame pool's for ranges_max of them, or
  // null.
  Range* ranges_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t changes_ = 0;
  wire::SackBlock duplicate_;
  bool has_duplicate_ = false;
};

}  // namespace sundog::net::tcp
