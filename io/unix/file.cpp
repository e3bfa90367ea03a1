#include "sundog/io/unix/file.hpp"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "sundog/io/unix/offload.hpp"

namespace sundog {
namespace {

class FileOperation final : public KernelOperation {
 public:
  FileOperation(int file, const Call& what) noexcept : KernelOperation(file, what) {}
  int await_resume() const noexcept { return result(); }
};

int check(int result, const std::string& what) {
  if (result < 0) throw std::system_error(-result, std::system_category(), what);
  return result;
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

Task<File> File::open(std::string path, int flags, unsigned mode) {
  FileOperation operation(-1, Request::Open{path.c_str(), flags, mode});
  const int result = co_await operation;
  co_return File(Descriptor(check(result, "cannot open " + path)));
}

Task<FileStatus> File::status(std::string path) {
  struct statx status;
  FileOperation operation(AT_FDCWD, Request::Stat{path.c_str(), 0, &status});
  const int result = co_await operation;
  check(result, "cannot stat " + path);
  co_return convert(status);
}

Task<FileStatus> File::status() const {
  struct statx status;
  FileOperation operation(descriptor_.get(), Request::Stat{"", AT_EMPTY_PATH, &status});
  const int result = co_await operation;
  check(result, "stat");
  co_return convert(status);
}

Task<void> File::sync(bool data_only) {
  FileOperation operation(descriptor_.get(), Request::Sync{data_only});
  const int result = co_await operation;
  check(result, "fsync");
}

Task<std::vector<std::string>> File::list(std::string path) {
  auto read_names = [path = std::move(path)] { return list_blocking(path); };
  co_return co_await offload(std::move(read_names));
}

Task<std::vector<std::byte>> read_file(std::string path, std::size_t bytes_max) {
  File file = co_await File::open(path, O_RDONLY);
  const FileStatus status = co_await file.status();
  // The size is only a hint, as the file may grow; special files say 0.
  constexpr std::size_t step_bytes = 64 * 1024;
  std::vector<std::byte> content;
  std::size_t filled = 0;
  content.resize(std::min<std::size_t>(status.size_bytes + 1, bytes_max + 1));
  for (;;) {
    if (filled == content.size()) content.resize(std::min(filled + step_bytes, bytes_max + 1));
    const MutableBytes rest = std::span(content).subspan(filled);
    const std::size_t count = co_await file.read(rest, filled);
    if (count == 0) break;
    filled += count;
    if (filled > bytes_max) {
      throw std::system_error(std::make_error_code(std::errc::file_too_large),
                              path + " has more than " + std::to_string(bytes_max) + " bytes");
    }
  }
  content.resize(filled);
  co_return content;
}

}  // namespace sundog
