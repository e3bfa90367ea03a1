// KeptFiles: the contents of files that were read lately, each with the version of the file it is.
//
// A version is what the file system says of a file: which one it is, how large, when its contents
// and when anything about it was changed last. As long as all of that is the same, the contents
// are. There is one exception, which keep() leaves out: a file that is changed twice within one
// tick of the clock that stamps it has two contents and one version. So only what had been left
// alone for `settled_after` when it was read is kept.
//
// At most bytes_max are kept, names and bookkeeping counted; the file that nobody asked for longest
// goes first. What is given out stays valid after that. Belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sundog/io/digest.hpp"
#include "sundog/timers/clock.hpp"

struct stat;

namespace sundog {

// See above. Times are in nanoseconds since 1970.
struct FileVersion {
  FileVersion() = default;
  explicit FileVersion(const struct stat& status) noexcept;
  bool operator==(const FileVersion&) const = default;

  // st_dev, st_ino and st_size of stat(2), and its times.
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size_bytes = 0;
  std::int64_t modified_ns = 0;  // the contents; whoever owns the file can set it
  std::int64_t changed_ns = 0;   // anything, also who may read it; only the kernel sets it
};

// A file's contents and what is told of them.
struct FileContents {
  FileContents(std::vector<std::byte> bytes_read, const Digest& name, std::int64_t modified_s)
      : bytes(std::move(bytes_read)), digest(name), last_modified_s(modified_s) {}

  // As KeyValue has them.
  std::vector<std::byte> bytes;
  Digest digest;
  std::int64_t last_modified_s;
};

class KeptFiles {
 public:
  // Of all files that are kept, their names and the bookkeeping.
  static constexpr std::size_t bytes_max = std::size_t{64} << 20;
  // Larger files are read each time: a few of them would drive out all others.
  static constexpr std::size_t file_bytes_max = std::size_t{1} << 20;
  // Counted for each file beside its contents and its name.
  static constexpr std::size_t bookkeeping_bytes = 256;
  // Longer than the coarsest tick of a file system's times, FAT's of two seconds.
  static constexpr Duration settled_after = std::chrono::seconds(2);

  // Shared, so that who is sending a file keeps it while it is dropped here.
  using Contents = std::shared_ptr<const FileContents>;

  // What is kept under `key`, if it is of this version; else null.
  Contents find(std::string_view key, const FileVersion& version) noexcept;

  // Keeps what was read at `read_ns` (the time that stamps files, CLOCK_REALTIME) or later, in the
  // place of an older version. Does nothing if it may not be kept. Throws std::bad_alloc.
  void keep(std::string_view key, const FileVersion& version, std::int64_t read_ns,
            Contents contents);

  // What is kept, counted as for bytes_max; and how many files.
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t count() const noexcept { return files_.size(); }

 private:
  struct Kept {
    std::string key;
    FileVersion version;
    Contents contents;
    std::size_t bytes() const noexcept {
      return contents->bytes.size() + key.size() + bookkeeping_bytes;
    }
  };
  using Files = std::list<Kept>;

  void forget(Files::iterator file) noexcept;

  Files files_;  // the one asked for last at the front
  std::unordered_map<std::string_view, Files::iterator> by_key_;  // the names are those of files_
  std::size_t bytes_ = 0;
};

}  // namespace sundog
