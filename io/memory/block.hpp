// MemoryBlock: a disk in memory, as a Block. For tests, and for services that need a disk for as
// long as they run. Nothing of it is durable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sundog/io/block.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

class MemoryBlock {
 public:
  // All zeros. `sector_bytes` is a power of two from 512 on. Throws std::bad_alloc.
  explicit MemoryBlock(std::uint64_t sector_count, std::uint32_t sector_bytes = 512);

  BlockGeometry geometry() const noexcept { return geometry_; }
  Task<void> read(std::uint64_t sector, MutableBytes buffer);
  Task<void> read(std::uint64_t sector, std::span<const MutableBytes> buffers);
  Task<void> write(std::uint64_t sector, Bytes bytes);
  Task<void> write(std::uint64_t sector, std::span<const Bytes> parts);
  Task<void> flush();
  Task<void> discard(std::uint64_t sector, std::uint64_t count);

 private:
  std::byte* at(std::uint64_t sector) noexcept {
    return bytes_.get() + sector * geometry_.sector_bytes;
  }

  BlockGeometry geometry_;
  std::unique_ptr<std::byte[]> bytes_;
};

static_assert(Block<MemoryBlock>);

}  // namespace sundog
