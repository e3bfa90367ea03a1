#include "sundog/io/unix/kept_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace sundog {
namespace {

std::int64_t nanoseconds(const timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileVersion::FileVersion(const struct stat& status) noexcept
    : device(status.st_dev),
      inode(status.st_ino),
      size_bytes(status.st_size),
      modified_ns(nanoseconds(status.st_mtim)),
      changed_ns(nanoseconds(status.st_ctim)) {}

KeptFiles::Contents KeptFiles::find(std::string_view key, const FileVersion& version) noexcept {
  const auto found = by_key_.find(key);
  if (found == by_key_.end() || found->second->version != version) return nullptr;
  files_.splice(files_.begin(), files_, found->second);
  return found->second->contents;
}

void KeptFiles::keep(std::string_view key, const FileVersion& version, std::int64_t read_ns,
                     Contents contents) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) forget(found->second);
  const std::int64_t touched_ns = std::max(version.modified_ns, version.changed_ns);
  if (read_ns - touched_ns < settled_after.count()) return;
  if (contents->bytes.size() > file_bytes_max) return;
  Files made;
  made.emplace_front(std::string(key), version, std::move(contents));
  by_key_.emplace(made.front().key, made.begin());
  files_.splice(files_.begin(), made);
  bytes_ += files_.front().bytes();
  while (bytes_ > bytes_max) forget(std::prev(files_.end()));
}

void KeptFiles::forget(Files::iterator file) noexcept {
  bytes_ -= file->bytes();
  by_key_.erase(file->key);
  files_.erase(file);
}

}  // namespace sundog
