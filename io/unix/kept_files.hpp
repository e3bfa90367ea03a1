// KeptFiles: the contents of small files that were read lately, each with the version of the file
// that it is (file_version.hpp). Only what had settled when it was read is kept.
//
// At most bytes_max are kept, names and bookkeeping counted; the file that was asked for least
// recently goes first. What is given out stays valid after that. Belongs to one thread.
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
#include "sundog/io/unix/file_version.hpp"

namespace sundog {

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
  // A few larger files would drive out all others.
  static constexpr std::size_t file_bytes_max = std::size_t{1} << 20;
  // Counted for each file beside its contents and its name.
  static constexpr std::size_t bookkeeping_bytes = 256;

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
