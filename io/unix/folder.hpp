// Folder: a folder of the host as a KeyValue.
//
//   Folder pages = co_await Folder::connect("deck");
//   const auto page = co_await pages.get("index.html");
//
// Every get() looks at the file anew, so a change is seen at once; the digest is taken from what
// was read. Symbolic links inside are not followed, and hidden files and folders are not
// there, so that nothing outside of the folder can be reached through it, whoever may write into
// it.
//
// Files are read on a thread of the pool: a slow disk does not hold up the loop. What was read is
// kept (kept_files.hpp says how much), and given out again as long as the file has the same
// version. To see that takes three short system calls in the loop, which the kernel answers from
// its memory or refuses at once: no thread, no reading. The one change that is seen late is one
// through a shared memory mapping: when the kernel stamps the file for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sundog/io/flow.hpp"
#include "sundog/io/key_value.hpp"
#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/kept_files.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

class Folder {
 public:
  // A larger file is an error: an Entry holds all of its contents.
  static constexpr std::size_t file_bytes_max = std::size_t{256} << 20;
  // A file that is written to while it is read is read again, so often at most.
  static constexpr int read_tries_max = 5;

  // Shares the contents with other entries of the same version of the file.
  class Entry {
   public:
    explicit Entry(KeptFiles::Contents file) noexcept : file_(std::move(file)) {}

    Bytes contents() const noexcept { return file_->bytes; }
    std::uint64_t size() const noexcept { return file_->bytes.size(); }
    std::optional<Bytes> resident() const noexcept { return contents(); }
    ReadFromMemory read(std::uint64_t offset, MutableBytes buffer) const noexcept {
      return ReadFromMemory(contents(), offset, buffer);
    }
    const Digest& digest() const noexcept { return file_->digest; }
    std::int64_t last_modified_s() const noexcept { return file_->last_modified_s; }

   private:
    KeptFiles::Contents file_;
  };

  // Throws std::system_error that names the path: no_such_file_or_directory, not_a_directory,
  // permission_denied ...
  static Task<Folder> connect(std::string path);

  // Throws std::system_error for what is there and cannot be read: permission_denied,
  // file_too_large, io_error, and resource_unavailable_try_again when the file changes all the
  // time.
  Task<std::optional<Entry>> get(std::string_view key);

 private:
  explicit Folder(Descriptor folder) noexcept : folder_(std::move(folder)) {}

  Descriptor folder_;
  KeptFiles kept_;
};

}  // namespace sundog
