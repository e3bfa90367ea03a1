#include "sundog/io/unix/part_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "sundog/io/unix/offload.hpp"

namespace sundog {
namespace {

constexpr std::size_t version_bytes_max = 1000;

// What the file says, or nothing where there is none.
Task<std::string> read_version(std::string path) {
  try {
    const auto bytes = co_await read_file(std::move(path), version_bytes_max);
    co_return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::no_such_file_or_directory) throw;
  }
  co_return std::string();
}

}  // namespace

Task<PartFile> PartFile::open(std::string path) {
  File file = co_await File::open(part_path(path), O_WRONLY | O_CREAT);
  PartFile part(std::move(path), std::move(file));
  part.version_ = co_await read_version(version_path(part.path_));
  if (!part.version_.empty()) {
    const FileStatus status = co_await part.file_.status();
    part.size_ = status.size_bytes;
  }
  co_return part;
}

Task<void> PartFile::begin(std::string version) {
  size_ = 0;
  co_await file_.truncate(0);
  version_ = std::move(version);
  co_await write_file(version_path(path_), as_bytes(version_));
}

Task<void> PartFile::append(Bytes bytes) {
  co_await file_.write(bytes, size_);
  size_ += bytes.size();
}

Task<void> PartFile::finish() {
  co_await file_.sync();
  const auto rename = [&] {
    if (::rename(part_path(path_).c_str(), path_.c_str()) != 0) {
      throw std::system_error(errno, std::generic_category(), path_);
    }
    ::unlink(version_path(path_).c_str());
  };
  co_await offload(rename);
}

}  // namespace sundog
