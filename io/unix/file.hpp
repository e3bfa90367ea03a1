// Files of the host.
//
//   File file = co_await File::open("deck/index.html", O_RDONLY);
//   const std::size_t count = co_await file.read(buffer, 0);
//
// Reads and writes that name their offset share nothing: any number of tasks may use one file. The
// ones without an offset use the file's own position, which they move, and are for one task at a
// time: they also work on what has no offsets, such as pipes and terminals, and append to a file
// that was opened with O_APPEND.
//
// Nothing here blocks the loop, and both pollers give the same answers: io_uring does the work in
// the kernel, with epoll a thread does. Where a request needs a thread and there is none, it throws
// resource_unavailable_try_again. A path that is not absolute starts from the process's working
// directory; a path that holds a NUL is invalid_argument.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

#include "sundog/io/flow.hpp"
#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/kernel_operation.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog {

namespace detail {

// Throws, if the error is that what was given an offset has none.
void check_file_transfer(const char* what, int error);

// A part of a file on its way, moved by `Base`. What is wrong before the kernel is asked is told by
// the co_await, as the kernel would.
template <class Base>
class FileTransfer : public Base {
 public:
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (!answered_) return this->start(this->promise_of(frame), at);
    return false;
  }

 protected:
  template <class What>
  FileTransfer(int file, const What& what, bool permitted) noexcept : Base(file, what) {
    if (!permitted) {
      answer(-EBADF);
    } else if (what.bytes.empty()) {
      answer(0);
    }
  }
  ~FileTransfer() = default;

  // At an offset: all of the bytes must have one that the kernel can count to.
  template <class What>
  void place(std::uint64_t at, bool has_offsets) noexcept {
    if (this->result() == -EBADF) return;
    constexpr std::uint64_t offset_max = INT64_MAX;
    What& what = this->template the<What>();
    if (!has_offsets) {
      answer(-ESPIPE);
    } else if (at > offset_max || what.bytes.size() > offset_max - at) {
      answer(-EINVAL);
    } else {
      what.offset = static_cast<std::int64_t>(at);
    }
  }
  // The number of bytes, or throws: `what` failed.
  std::size_t count(const char* what) const {
    if (this->result() < 0) [[unlikely]] {
      check_file_transfer(what, this->result());
      this->fail(what);
    }
    return static_cast<std::size_t>(this->result());
  }

 private:
  void answer(int result) noexcept {
    this->finish(result);
    answered_ = true;
  }

  bool answered_ = false;
};

class FileReadOperation final : public FileTransfer<KernelOperation> {
 public:
  // `permitted` is a bool and nothing else: an offset that stood here by mistake would become one.
  FileReadOperation(int file, MutableBytes bytes, std::same_as<bool> auto permitted) noexcept
      : FileTransfer(file, Read{bytes}, permitted) {}
  FileReadOperation(int file, MutableBytes bytes, bool permitted, std::uint64_t from,
                    bool has_offsets) noexcept
      : FileReadOperation(file, bytes, permitted) {
    place<Read>(from, has_offsets);
  }
  std::size_t await_resume() const { return count("cannot read the file"); }
};

class FileWriteOperation final : public FileTransfer<WriteOperation> {
 public:
  FileWriteOperation(int file, Bytes bytes, std::same_as<bool> auto permitted) noexcept
      : FileTransfer(file, Write{bytes}, permitted) {}
  FileWriteOperation(int file, Bytes bytes, bool permitted, std::uint64_t to,
                     bool has_offsets) noexcept
      : FileWriteOperation(file, bytes, permitted) {
    place<Write>(to, has_offsets);
  }
  void await_resume() const { static_cast<void>(count("cannot write the file")); }
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
  // How often is looked for the other end of a named pipe.
  static constexpr Duration peer_looked_for_every = std::chrono::milliseconds(10);

  // Opens with open(2)'s flags; O_CLOEXEC is added. A file that is created gets `mode`, less the
  // umask. Throws std::system_error that names the path.
  //
  // A named pipe is opened when somebody has opened its other end: until then this waits, and can
  // be cancelled. With O_NONBLOCK it does not wait: an end to read from is opened at once, and a
  // read of it waits until somebody writes; for one to write to without a reader,
  // no_such_device_or_address is thrown.
  // Reads and writes never block the loop, with O_NONBLOCK or without.
  static Task<File> open(std::string path, int flags, unsigned mode = 0666);
  // The status of what `path` leads to, following symbolic links.
  static Task<FileStatus> status(std::string path);
  // The names in a directory, without "." and "..", sorted by their bytes.
  static Task<std::vector<std::string>> list(std::string path);

  // Reads up to the size of the buffer; gives the number of bytes, 0 at the end of the file (and
  // for an empty buffer). Throws std::system_error: invalid_seek for what has no offsets,
  // invalid_argument for offsets of 2^63 and more, bad_file_descriptor for what was opened to write
  // only, is_a_directory ...
  [[nodiscard]] auto read(MutableBytes buffer, std::uint64_t offset) noexcept {
    return Operation<detail::FileReadOperation, int, MutableBytes, bool, std::uint64_t, bool>(
        descriptor_.get(), buffer, reads_, offset, has_offsets_);
  }
  // The same at the file's own position.
  [[nodiscard]] auto read(MutableBytes buffer) noexcept {
    return Operation<detail::FileReadOperation, int, MutableBytes, bool>(descriptor_.get(), buffer,
                                                                         reads_);
  }
  // Writes all bytes. The file grows as needed. Throws as read(), and no_space_on_device,
  // file_too_large, broken_pipe; a part may have been written then. A file that was opened with
  // O_APPEND has no place but its end: an offset for it is an assertion.
  [[nodiscard]] auto write(Bytes bytes, std::uint64_t offset) noexcept {
    SUNDOG_ASSERT(!appends_,
                  "a file opened with O_APPEND is written at its end: leave the offset out");
    return Operation<detail::FileWriteOperation, int, Bytes, bool, std::uint64_t, bool>(
        descriptor_.get(), bytes, writes_, offset, has_offsets_);
  }
  // The same at the file's own position, or, with O_APPEND, at its end as it is then, whoever else
  // writes; what the kernel takes in one piece, as it does with anything small, stays in one.
  [[nodiscard]] auto write(Bytes bytes) noexcept {
    return Operation<detail::FileWriteOperation, int, Bytes, bool>(descriptor_.get(), bytes,
                                                                   writes_);
  }
  // Cuts the file, or lengthens it by zeros.
  Task<void> truncate(std::uint64_t size_bytes);
  // Returns when what was written is on the medium; with data_only, metadata that reading does not
  // need may be left out (fdatasync).
  Task<void> sync(bool data_only = false);
  Task<FileStatus> status() const;

  // For system calls of your own; the file still owns it.
  int descriptor() const noexcept { return descriptor_.get(); }

 private:
  // `flags` are those it was opened with.
  File(Descriptor descriptor, int flags) noexcept;

  Descriptor descriptor_;
  bool reads_;
  bool writes_;
  bool appends_;
  bool has_offsets_;
};

// The whole content of a file, which must have at most `bytes_max` bytes; also of a pipe, a
// terminal, or a file of /proc, up to its end. Throws std::system_error that names the path, with
// file_too_large for a larger one, not_enough_memory for one that does not fit.
Task<std::vector<std::byte>> read_file(std::string path, std::size_t bytes_max);

// Makes `bytes` the whole content of a file, which is created if it is not there (mode 0666, less
// the umask). Readers may see a part; after a failure a part may be there. `bytes` are borrowed
// until the task has ended.
Task<void> write_file(std::string path, Bytes bytes);

}  // namespace sundog
