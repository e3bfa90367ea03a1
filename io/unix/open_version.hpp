// OpenVersion: a file that is open for reading, and which version of it that is. Reads give what
// that version held, or fail: a file that others overwrite in its place, or cut, is noticed with
// the first piece that is read after it.
//
// A file that others append to goes on giving what was there before. Overwriting it with more than
// it held cannot be told apart from that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "sundog/io/digest.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/file_version.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog {

class OpenVersion {
 public:
  // `file` is a regular file, of this version when it was looked at; the digest is empty if the
  // version had not settled.
  OpenVersion(Descriptor file, const FileVersion& version, const Digest& digest) noexcept
      : file_(std::move(file)), version_(version), digest_(digest) {}

  // As it was opened with.
  const FileVersion& version() const noexcept { return version_; }
  std::uint64_t size() const noexcept { return static_cast<std::uint64_t>(version_.size_bytes); }
  const Digest& digest() const noexcept { return digest_; }

  // See KeyValue's Entry. Any number of tasks may read at once. This must outlive the task.
  Task<std::size_t> read(std::uint64_t offset, MutableBytes buffer) const;

 private:
  // How long a file is looked at again, and how often, before it counts as overwritten.
  static constexpr Duration append_time_max = std::chrono::milliseconds(100);
  static constexpr Duration append_pause = std::chrono::milliseconds(5);

  Task<bool> is_still_there() const;

  Descriptor file_;
  FileVersion version_;
  Digest digest_;
};

}  // namespace sundog
