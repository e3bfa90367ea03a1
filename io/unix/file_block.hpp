// FileBlock: a file or a disk of the host, as a Block.
//
//   FileBlock disk = co_await FileBlock::connect("disk.img");
//
// A file's size, or a disk's, is the capacity; it is not changed. While it is open nobody else
// opens it as a FileBlock, in this process or another one: two writers would destroy each other's
// structures. Several may read it, with `FileBlockOptions::read_only`.
//
// Transfers go through the host's page cache; flush() is fdatasync. Discarded sectors become a
// hole, where the file system has holes, and then read as zeros.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "sundog/io/block.hpp"
#include "sundog/io/unix/file.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

// How a file or a disk is opened.
struct FileBlockOptions {
  // Opens what this process may not write.
  bool read_only = false;
  // Of a file; a disk has its own. A power of two from 512 on.
  std::uint32_t sector_bytes = 512;
};

class FileBlock {
 public:
  // Throws std::system_error that names the path: no_such_file_or_directory, permission_denied,
  // device_or_resource_busy when it is open elsewhere, invalid_argument when its size is no whole
  // number of sectors, or it is neither a file nor a disk.
  static Task<FileBlock> connect(std::string path, FileBlockOptions options = {});

  BlockGeometry geometry() const noexcept { return geometry_; }
  Task<void> read(std::uint64_t sector, MutableBytes buffer);
  Task<void> read(std::uint64_t sector, std::span<const MutableBytes> buffers);
  Task<void> write(std::uint64_t sector, Bytes bytes);
  Task<void> write(std::uint64_t sector, std::span<const Bytes> parts);
  Task<void> flush();
  Task<void> discard(std::uint64_t sector, std::uint64_t count);

 private:
  // A file that nobody else uses as a disk. The lock is given back at once when it goes: the poller
  // closes the file a little later, and until then nobody could open it again.
  class LockedFile {
   public:
    // Throws as connect() does.
    LockedFile(File file, bool read_only, const std::string& path);
    LockedFile(LockedFile&& other) noexcept = default;
    LockedFile& operator=(LockedFile&& other) noexcept {
      std::swap(file_, other.file_);
      return *this;
    }
    ~LockedFile();
    File* operator->() noexcept { return &file_; }

   private:
    File file_;
  };

  FileBlock(LockedFile file, const BlockGeometry& geometry, bool is_disk) noexcept
      : file_(std::move(file)), geometry_(geometry), is_disk_(is_disk) {}

  LockedFile file_;
  BlockGeometry geometry_;
  bool is_disk_;
};

static_assert(Block<FileBlock>);

}  // namespace sundog
