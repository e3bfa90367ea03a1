#include "sundog/io/memory/block.hpp"

#include <algorithm>
#include <bit>

#include "sundog/runtime/language/assert.hpp"

namespace sundog {

MemoryBlock::MemoryBlock(std::uint64_t sector_count, std::uint32_t sector_bytes) {
  SUNDOG_ASSERT(sector_bytes >= 512 && std::has_single_bit(sector_bytes),
                "a sector has 512 bytes, or 1024, 2048, ...");
  geometry_.sector_bytes = sector_bytes;
  geometry_.sector_count = sector_count;
  bytes_ = std::make_unique<std::byte[]>(static_cast<std::size_t>(geometry_.bytes()));
}

Task<void> MemoryBlock::read(std::uint64_t sector, std::span<const MutableBytes> buffers) {
  check_read(geometry_, sector, buffers);
  const std::byte* from = at(sector);
  for (const MutableBytes& buffer : buffers) {
    std::copy_n(from, buffer.size(), buffer.begin());
    from += buffer.size();
  }
  co_return;
}

Task<void> MemoryBlock::read(std::uint64_t sector, MutableBytes buffer) {
  co_await read(sector, std::span<const MutableBytes>(&buffer, 1));
}

Task<void> MemoryBlock::write(std::uint64_t sector, std::span<const Bytes> parts) {
  check_write(geometry_, sector, parts);
  std::byte* to = at(sector);
  for (const Bytes& part : parts) to = std::copy(part.begin(), part.end(), to);
  co_return;
}

Task<void> MemoryBlock::write(std::uint64_t sector, Bytes bytes) {
  co_await write(sector, std::span<const Bytes>(&bytes, 1));
}

Task<void> MemoryBlock::flush() { co_return; }

Task<void> MemoryBlock::discard(std::uint64_t sector, std::uint64_t count) {
  check_discard(geometry_, sector, count);
  std::fill_n(at(sector), count * geometry_.sector_bytes, std::byte{0});
  co_return;
}

}  // namespace sundog
