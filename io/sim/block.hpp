// SimBlock: a disk of a simulated host, as a Block, with whatever the contract allows to go wrong:
// errors after which some sectors are written and others not, operations that overtake each other,
// and power cuts after which each sector that was not flushed holds any of its versions, or two of
// them in part.
//
//   SimBlock disk(host, "data", 2048);    // sectors of 512 bytes
//
// The disk's contents are the host's (BlockImage): they outlast a power cut, after which the
// service opens the disk again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sundog/io/block.hpp"
#include "sundog/io/sim/prng.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::sim {

class Host;

// What a simulated disk holds, and will hold if the power is cut now.
class BlockImage {
 public:
  // All zeros, and durably so.
  BlockImage(std::uint64_t sector_count, std::uint32_t sector_bytes);

  // As it was made.
  const BlockGeometry& geometry() const noexcept { return geometry_; }
  // One sector as the running machine sees it. The bytes lie in the image.
  Bytes read(std::uint64_t sector) const noexcept;
  void write(std::uint64_t sector, Bytes bytes);
  // What was written so far is durable.
  void flush() noexcept { unflushed_.clear(); }
  void power_cut(Prng& prng);

 private:
  using Sector = std::vector<std::byte>;
  MutableBytes at(std::uint64_t sector) noexcept;

  BlockGeometry geometry_;
  std::vector<std::byte> contents_;
  // By sector, all that it may hold after a power cut: first what is durable, then each version
  // since, the last of which it holds now.
  std::map<std::uint64_t, std::vector<Sector>> unflushed_;
};

class SimBlock {
 public:
  // Opens the host's disk of this name; made, if there is none yet, with zeros and of this size.
  // The host must outlive it.
  SimBlock(Host& host, const std::string& name, std::uint64_t sector_count,
           std::uint32_t sector_bytes = 512);

  BlockGeometry geometry() const noexcept { return image_->geometry(); }
  Task<void> read(std::uint64_t sector, MutableBytes buffer);
  Task<void> read(std::uint64_t sector, std::span<const MutableBytes> buffers);
  Task<void> write(std::uint64_t sector, Bytes bytes);
  Task<void> write(std::uint64_t sector, std::span<const Bytes> parts);
  Task<void> flush();
  Task<void> discard(std::uint64_t sector, std::uint64_t count);

 private:
  int read_now(std::uint64_t sector, std::span<const MutableBytes> buffers);
  int write_now(std::uint64_t sector, std::span<const Bytes> parts);
  int flush_now();
  int discard_now(std::uint64_t sector, std::uint64_t count);

  Host* host_;
  BlockImage* image_;
};

static_assert(Block<SimBlock>);

}  // namespace sundog::sim
