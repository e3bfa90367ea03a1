// Block: a disk, as rows of sectors (Mirage's BLOCK): a file or a disk of the host, a virtual disk
// on Xen, a simulated one, memory.
//
// An implementation MUST ensure that:
//  - its sectors are numbered from 0 to sector_count - 1 and all have sector_bytes bytes. Neither
//    sector_bytes nor is_read_only changes; sector_count may grow, never shrink.
//  - read(sector, ...) and write(sector, ...) transfer whole sectors, from `sector` on, as many as
//    the buffer is long, or the buffers together: then each of them is as long as whole sectors.
//    Several are one request of the device, as far as it takes so many. Buffers, and the list of
//    them, are borrowed until the awaiting coroutine continues or is destroyed. Memory of any
//    alignment will do; what is aligned to memory_alignment is not copied on its way.
//  - a transfer that is not of whole sectors, or reaches beyond the last one, is refused before any
//    of it is done: invalid_argument. So is every write and discard of a disk that is_read_only:
//    read_only_file_system. A transfer of no bytes does nothing.
//  - other errors are std::system_error with the code of what happened: io_error,
//    no_space_on_device (a disk that is only promised to be as large), no_such_device (it was
//    unplugged). After a read that failed the buffers hold anything; after a write that failed each
//    of its sectors holds the old bytes, the new ones, or a mixture. Other operations may be tried
//    after an error.
//  - operations may be under way at once, any number of them. They are carried out in any order:
//    where two that overlap are under way together and one writes, the reading one gives, and the
//    disk then holds, for each byte of the overlap what one of them wrote or what was there. What
//    is begun after a write has returned finds it.
//  - a cancelled read, write or discard may have been carried out, or not, or in part as one that
//    failed. Once its task has ended nothing of it is under way: buffers are free, and a later
//    write is not overtaken by it.
//
// What is durable, which is all that counts after a power cut, a crash of the machine or of the
// host, or a lost connection to the disk:
//  - every sector that was not written nor discarded since the last flush holds what it held.
//    Writing a sector never harms another one.
//  - flush() returns when all writes and discards that had returned before it was called are
//    durable. It says nothing about those that were under way.
//  - a sector that was written since holds the bytes of any of the writes since, also of one that
//    another followed, or what it held before them; each sector for itself, so that a later write
//    may be there and an earlier one not; or a mixture of two of these (a torn sector). A store
//    recognises that by its checksums.
//  - a flush() that fails leaves open which of the writes since the last one are durable, or even
//    still there when read again. To have them, write them again: the next flush that returns
//    vouches for what was written after the failed one only.
//  - discard(sector, count) says that the bytes of these sectors are not needed any more. Until
//    they are written again they hold anything, and reading them is no error.
//
// It is moved, not copied, and is destroyed when no operation is under way. That does not flush.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sundog/io/flow.hpp"

namespace sundog {

// What a disk is like. It does not change while the disk is open.
struct BlockGeometry {
  // A power of two, at least 512.
  std::uint32_t sector_bytes = 512;
  std::uint64_t sector_count = 0;
  bool is_read_only = false;
  // A power of two: see above.
  std::uint32_t memory_alignment = 1;

  // The size of the whole disk.
  std::uint64_t bytes() const noexcept { return sector_bytes * sector_count; }
};

template <class B>
concept Block = std::movable<B> &&
                requires(B& disk, const B& constant, std::uint64_t sector, std::uint64_t count,
                         MutableBytes buffer, Bytes bytes, std::span<const MutableBytes> buffers,
                         std::span<const Bytes> parts) {
                  { constant.geometry() } noexcept -> std::same_as<BlockGeometry>;
                  { disk.read(sector, buffer) } -> AwaitableOf<void>;
                  { disk.read(sector, buffers) } -> AwaitableOf<void>;
                  { disk.write(sector, bytes) } -> AwaitableOf<void>;
                  { disk.write(sector, parts) } -> AwaitableOf<void>;
                  { disk.flush() } -> AwaitableOf<void>;
                  { disk.discard(sector, count) } -> AwaitableOf<void>;
                };

// For implementations. What a transfer must be like, else these throw as the contract says; they
// give its length in bytes.
std::uint64_t check_read(const BlockGeometry& geometry, std::uint64_t sector,
                         std::span<const MutableBytes> buffers);
std::uint64_t check_write(const BlockGeometry& geometry, std::uint64_t sector,
                          std::span<const Bytes> parts);
void check_discard(const BlockGeometry& geometry, std::uint64_t sector, std::uint64_t count);

}  // namespace sundog
