// Files of the host.
//
//   File file = co_await File::open("deck/index.html", O_RDONLY);
//   const std::size_t count = co_await file.read(buffer, 0);
//
// Reads and writes name their offset; nothing is shared between two tasks that use one file.
// Nothing here blocks the loop: io_uring does the work in the kernel, with epoll a thread does. A
// relative path is relative to the process's working directory.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sundog/io/flow.hpp"
#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/kernel_operation.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

namespace detail {

class FileReadOperation final : public KernelOperation {
 public:
  FileReadOperation(int file, MutableBytes bytes, std::uint64_t from) noexcept
      : KernelOperation(file, Read{bytes, static_cast<std::int64_t>(from)}) {}
  std::size_t await_resume() const { return static_cast<std::size_t>(value()); }
};

class FileWriteOperation final : public WriteOperation {
 public:
  FileWriteOperation(int file, Bytes bytes, std::uint64_t to) noexcept
      : WriteOperation(file, Write{bytes, static_cast<std::int64_t>(to)}) {}
};

}  // namespace detail

// What stat tells that services need.
struct FileStatus {
  enum class Kind { file, directory, other };
  Kind kind = Kind::other;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_unix_seconds = 0;
  std::uint32_t modified_nanoseconds = 0;
  std::uint64_t inode = 0;
};

class File {
 public:
  // Opens with open(2)'s flags; O_CLOEXEC is added. A file that is created gets `mode`, less the
  // umask. Throws std::system_error that names the path.
  static Task<File> open(std::string path, int flags, unsigned mode = 0666);
  // The status of what `path` leads to, following symbolic links.
  static Task<FileStatus> status(std::string path);
  // The names in a directory, without "." and "..", sorted by their bytes.
  static Task<std::vector<std::string>> list(std::string path);

  // Reads up to the size of the buffer; gives the number of bytes, 0 at the end of the file.
  [[nodiscard]] auto read(MutableBytes buffer, std::uint64_t offset) noexcept {
    return Operation<detail::FileReadOperation, int, MutableBytes, std::uint64_t>(descriptor_.get(),
                                                                                  buffer, offset);
  }
  // Writes all bytes. The file grows as needed.
  [[nodiscard]] auto write(Bytes bytes, std::uint64_t offset) noexcept {
    return Operation<detail::FileWriteOperation, int, Bytes, std::uint64_t>(descriptor_.get(),
                                                                            bytes, offset);
  }
  // Returns when what was written is on the medium; with data_only, metadata that reading does not
  // need may be left out (fdatasync).
  Task<void> sync(bool data_only = false);
  Task<FileStatus> status() const;

  int descriptor() const noexcept { return descriptor_.get(); }

 private:
  explicit File(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}
  Descriptor descriptor_;
};

// The whole content of a file, which must have at most `bytes_max` bytes. Throws std::system_error,
// with file_too_large for a larger one.
Task<std::vector<std::byte>> read_file(std::string path, std::size_t bytes_max);

}  // namespace sundog
