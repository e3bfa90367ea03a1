#include "sundog/io/unix/file.hpp"

#include <dirent.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <stdexcept>
#include <system_error>

#include "sundog/io/unix/failure.hpp"
#include "sundog/io/unix/offload.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog {
namespace {

class FileOperation final : public KernelOperation {
 public:
  FileOperation(int file, const Call& what) noexcept : KernelOperation(file, what) {}
  int await_resume() const noexcept { return result(); }
  // The result, or throws std::system_error: `what` failed.
  int check(const std::string& what) const {
    if (result() < 0) fail(what);
    return result();
  }
  using KernelOperation::fail;

 private:
  // EAGAIN is an answer here: of a file on which somebody holds a lease.
  bool says_nothing(int error) const noexcept override { return error == -EINTR; }
};

[[noreturn]] void fail(int error, const std::string& what) { throw failure(error, what); }

int check(int result, const std::string& what) {
  if (result < 0) fail(-result, what);
  return result;
}

// The kernel would see the part before it.
void check_path(const std::string& path) {
  if (path.find('\0') == std::string::npos) return;
  throw std::system_error(EINVAL, std::system_category(), SUNDOG_PROBED("a path that holds a NUL"));
}

FileStatus convert(const struct statx& from) {
  FileStatus status;
  status.kind = S_ISREG(from.stx_mode)   ? FileStatus::Kind::file
                : S_ISDIR(from.stx_mode) ? FileStatus::Kind::directory
                                         : FileStatus::Kind::other;
  status.size_bytes = from.stx_size;
  status.modified_unix_seconds = from.stx_mtime.tv_sec;
  status.modified_nanoseconds = from.stx_mtime.tv_nsec;
  status.inode = from.stx_ino;
  return status;
}

// io_uring has no request for reading directories.
std::vector<std::string> list_blocking(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
  if (directory == nullptr) check(-errno, "cannot list " + path);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  check(-errno, "cannot list " + path);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

void detail::check_file_transfer(const char* what, int error) {
  if (error != -ESPIPE) return;
  fail(ESPIPE,
       std::string(what) + " at an offset: it is a pipe, a terminal or the like; leave it out");
}

File::File(Descriptor descriptor, int flags) noexcept
    : descriptor_(std::move(descriptor)),
      // Told here, as epoll would wait for an end that only writes to have something to read.
      reads_((flags & O_PATH) == 0 && (flags & O_ACCMODE) != O_WRONLY),
      writes_((flags & O_PATH) == 0 && (flags & O_ACCMODE) != O_RDONLY),
      appends_((flags & O_APPEND) != 0),
      // What the kernel calls a stream takes no offset from pread(2) either, but io_uring would
      // read on and say nothing.
      has_offsets_(::lseek(descriptor_.get(), 0, SEEK_CUR) >= 0) {}

namespace {

// A pipe that has a name; one without, which /proc names, never waits for its other end (fifo(7)).
bool is_named_pipe(int fd) {
  struct stat status;
  struct statfs system;
  return ::fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode) && ::fstatfs(fd, &system) == 0 &&
         system.f_type != PIPEFS_MAGIC;
}

Task<bool> leads_to_pipe(const std::string& path) {
  struct statx status;
  FileOperation operation(AT_FDCWD, Request::Stat{path.c_str(), 0, &status});
  const int result = co_await operation;
  co_return result == 0 && S_ISFIFO(status.stx_mode);
}

// The kernel has no event for a writer that has come and not written. But copying what there is to
// another pipe gives EAGAIN then, and 0 as long as there is no writer.
Task<void> wait_for_writer(int fifo, const std::string& path) {
  int scratch[2];
  if (::pipe2(scratch, O_CLOEXEC) < 0) {
    fail(errno, "cannot open " + path + ", as it takes a pipe to wait for who writes to it");
  }
  const Descriptor end_to_read(scratch[0]);
  const Descriptor end_to_write(scratch[1]);
  for (;;) {
    pollfd look = {.fd = fifo, .events = POLLIN, .revents = 0};
    if (::poll(&look, 1, 0) > 0) co_return;  // there is something, or the writer has gone again
    const auto copied =
        ::tee(fifo, end_to_write.get(), 1, static_cast<unsigned>(SPLICE_F_NONBLOCK));
    if (copied != 0) co_return;
    co_await sleep(File::peer_looked_for_every);
  }
}

// Opens like open(2), without a thread that would wait for somebody else until he comes.
Task<Descriptor> open_patiently(const std::string& path, int flags, unsigned mode) {
  const bool waits = (flags & O_NONBLOCK) == 0;
  const int access = flags & O_ACCMODE;
  for (;;) {
    FileOperation operation(-1, Request::Open{path.c_str(), flags | O_NONBLOCK, mode});
    const int result = co_await operation;
    if (result >= 0) {
      Descriptor opened(result);
      if (waits && access == O_RDONLY && is_named_pipe(result)) {
        co_await wait_for_writer(result, path);
      }
      // It is for opening only: io_uring would give EAGAIN back instead of waiting.
      const int now = ::fcntl(result, F_GETFL);
      if (now >= 0) ::fcntl(result, F_SETFL, now & ~O_NONBLOCK);
      co_return opened;
    }
    bool later = result == -EAGAIN;  // the file is on lease, which the kernel is ending
    if (result == -ENXIO && access == O_WRONLY) {
      const bool no_reader = co_await leads_to_pipe(path);
      later = no_reader;
      if (no_reader && !waits) fail(ENXIO, "nobody has opened " + path + " to read from it");
    }
    if (!waits || !later) operation.fail("cannot open " + path);
    co_await sleep(File::peer_looked_for_every);
  }
}

}  // namespace

Task<File> File::open(std::string path, int flags, unsigned mode) {
  check_path(path);
  Descriptor opened = co_await open_patiently(path, flags, mode);
  co_return File(std::move(opened), flags);
}

Task<FileStatus> File::status(std::string path) {
  check_path(path);
  struct statx status;
  FileOperation operation(AT_FDCWD, Request::Stat{path.c_str(), 0, &status});
  static_cast<void>(co_await operation);
  operation.check("cannot tell the status of " + path);
  co_return convert(status);
}

Task<FileStatus> File::status() const {
  struct statx status;
  FileOperation operation(descriptor_.get(), Request::Stat{"", AT_EMPTY_PATH, &status});
  static_cast<void>(co_await operation);
  operation.check("cannot tell the status of the file");
  co_return convert(status);
}

Task<void> File::sync(bool data_only) {
  FileOperation operation(descriptor_.get(), Request::Sync{data_only});
  static_cast<void>(co_await operation);
  operation.check("cannot sync the file");
}

Task<void> File::truncate(std::uint64_t size_bytes) {
  const std::string what = "cannot give the file a size of " + std::to_string(size_bytes);
  if (size_bytes > std::uint64_t{INT64_MAX}) fail(EFBIG, what);
  const auto truncate = [fd = descriptor_.get(), size = static_cast<off_t>(size_bytes)] {
    return ::ftruncate(fd, size) == 0 ? 0 : -errno;
  };
  const int result = co_await offload(truncate);
  check(result, what);
}

Task<std::vector<std::string>> File::list(std::string path) {
  check_path(path);
  auto read_names = [path = std::move(path)] { return list_blocking(path); };
  co_return co_await offload(std::move(read_names));
}

namespace {

void resize(std::vector<std::byte>& content, std::size_t size_bytes, const std::string& path) {
  const auto too_large = [&] {
    SUNDOG_PROBE("there was no memory for a file's content");
    fail(ENOMEM, "cannot read " + path + ", for " + std::to_string(size_bytes) + " bytes of it");
  };
  try {
    content.resize(size_bytes);
  } catch (const std::bad_alloc&) {
    too_large();
  } catch (const std::length_error&) {
    too_large();
  }
}

}  // namespace

Task<std::vector<std::byte>> read_file(std::string path, std::size_t bytes_max) {
  File file = co_await File::open(path, O_RDONLY);
  const FileStatus status = co_await file.status();
  constexpr std::size_t step_bytes = 64 * 1024;
  // One byte beyond the limit shows that there is more; no vector holds as many as can be counted.
  const std::size_t limit = std::min(bytes_max, std::size_t{PTRDIFF_MAX} - step_bytes) + 1;
  std::vector<std::byte> content;
  std::size_t filled = 0;
  // The size is only a hint, as the file may grow; special files say 0.
  resize(content,
         static_cast<std::size_t>(std::min<std::uint64_t>(status.size_bytes, limit - 1) + 1), path);
  for (;;) {
    if (filled == content.size()) resize(content, std::min(filled + step_bytes, limit), path);
    const std::size_t count = co_await file.read(std::span(content).subspan(filled));
    if (count == 0) break;
    filled += count;
    if (filled > bytes_max) {
      throw std::system_error(std::make_error_code(std::errc::file_too_large),
                              path + " has more than the " + std::to_string(bytes_max) +
                                  " bytes that were asked for at most");
    }
  }
  content.resize(filled);
  co_return content;
}

Task<void> write_file(std::string path, Bytes bytes) {
  File file = co_await File::open(path, O_WRONLY | O_CREAT | O_TRUNC);
  co_await file.write(bytes);
}

}  // namespace sundog
