#include "sundog/io/unix/file_version.hpp"

#include <endian.h>
#include <sys/stat.h>
#include <time.h>

#include <array>
#include <span>

#include "sundog/io/crypto/sha256.hpp"

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

Digest FileVersion::digest() const noexcept {
  const std::array<std::uint64_t, 4> parts = {htobe64(inode),
                                              htobe64(static_cast<std::uint64_t>(size_bytes)),
                                              htobe64(static_cast<std::uint64_t>(modified_ns)),
                                              htobe64(static_cast<std::uint64_t>(changed_ns))};
  Sha256 hash;
  hash.add(std::as_bytes(std::span(parts)));
  return hash.finish();
}

std::int64_t wall_clock_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

}  // namespace sundog
