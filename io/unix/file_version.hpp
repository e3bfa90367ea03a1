// FileVersion: what the file system says of a file: which one it is, how large, when its contents
// and when anything about it was changed last. As long as all of that is the same, the contents
// are.
//
// There is one exception: a file that is changed twice within one tick of the clock that stamps it
// has two contents and one version. So a version names contents only when it has settled: when
// nothing about the file had changed for `settled_after` as it was looked at. (A change through a
// shared memory mapping shows when the kernel stamps the file for it, which may be later.)
#pragma once

#include <cstdint>

#include "sundog/io/digest.hpp"
#include "sundog/timers/clock.hpp"

struct stat;

namespace sundog {

// Times are in nanoseconds since 1970.
struct FileVersion {
  // Longer than the coarsest tick of a file system's times, FAT's of two seconds.
  static constexpr Duration settled_after = std::chrono::seconds(2);

  FileVersion() = default;
  explicit FileVersion(const struct stat& status) noexcept;
  bool operator==(const FileVersion&) const = default;

  // Whether it names the contents that the file had at `looked_at_ns`, of the clock that stamps
  // files (wall_clock_ns). Only the kernel sets changed_ns, at every change; modified_ns may lie in
  // the future.
  bool settled(std::int64_t looked_at_ns) const noexcept {
    return looked_at_ns - changed_ns >= settled_after.count();
  }
  // Whether the contents of this version are still there at the beginning of the file, which has
  // become `now`: they are the same, or it has grown, as a log does. Overwriting a file with more
  // than it held looks like that too. Being renamed, replaced or removed, which changes changed_ns,
  // does nothing to a file that is open; so who overwrites a file and puts its old time back is not
  // noticed.
  bool begins(const FileVersion& now) const noexcept {
    return device == now.device && inode == now.inode &&
           (now.size_bytes > size_bytes ||
            (now.size_bytes == size_bytes && now.modified_ns == modified_ns));
  }
  // Rounded down, also before 1970.
  std::int64_t modified_s() const noexcept {
    constexpr std::int64_t second_ns = 1'000'000'000;
    return modified_ns / second_ns - (modified_ns % second_ns < 0 ? 1 : 0);
  }
  // The SHA-256 of all of it but the device, whose number may be another after a restart.
  Digest digest() const noexcept;

  // st_dev, st_ino and st_size of stat(2), and its times.
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size_bytes = 0;
  std::int64_t modified_ns = 0;  // the contents; whoever owns the file can set it
  std::int64_t changed_ns = 0;   // anything, also who may read it; only the kernel sets it
};

// CLOCK_REALTIME, in nanoseconds since 1970.
std::int64_t wall_clock_ns() noexcept;

}  // namespace sundog
