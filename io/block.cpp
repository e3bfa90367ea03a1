#include "sundog/io/block.hpp"

#include <system_error>

namespace sundog {
namespace {

[[noreturn]] void refuse(std::errc why, const char* message) {
  throw std::system_error(std::make_error_code(why), message);
}

void check_sectors(const BlockGeometry& geometry, std::uint64_t sector, std::uint64_t count) {
  // Not the sum, which could overflow.
  if (sector > geometry.sector_count || count > geometry.sector_count - sector) {
    refuse(std::errc::invalid_argument, "sectors beyond the end of the disk");
  }
}

void check_writable(const BlockGeometry& geometry) {
  if (geometry.is_read_only) {
    refuse(std::errc::read_only_file_system, "the disk can only be read");
  }
}

template <class Part>
std::uint64_t check_transfer(const BlockGeometry& geometry, std::uint64_t sector,
                             std::span<const Part> parts) {
  std::uint64_t bytes = 0;
  for (const Part& part : parts) {
    if (part.size() % geometry.sector_bytes != 0) {
      refuse(std::errc::invalid_argument, "disks are read and written in whole sectors");
    }
    bytes += part.size();
  }
  check_sectors(geometry, sector, bytes / geometry.sector_bytes);
  return bytes;
}

}  // namespace

std::uint64_t check_read(const BlockGeometry& geometry, std::uint64_t sector,
                         std::span<const MutableBytes> buffers) {
  return check_transfer(geometry, sector, buffers);
}

std::uint64_t check_write(const BlockGeometry& geometry, std::uint64_t sector,
                          std::span<const Bytes> parts) {
  check_writable(geometry);
  return check_transfer(geometry, sector, parts);
}

void check_discard(const BlockGeometry& geometry, std::uint64_t sector, std::uint64_t count) {
  check_writable(geometry);
  check_sectors(geometry, sector, count);
}

}  // namespace sundog
