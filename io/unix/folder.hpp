// Folder: a folder of the host as a KeyValue.
//
//   Folder pages = co_await Folder::connect("deck");
//   const auto page = co_await pages.get("index.html");
//
// Every get() looks at the file anew, so a change is seen at once. Symbolic links inside are not
// followed, and hidden files and folders are not there (but ".well-known", which RFC 8615 gives a
// meaning), so that nothing outside of the folder can be reached through it, whoever may write into
// it.
//
// Small files are read when they are asked for, and kept (kept_files.hpp says how much) as long as
// the file has the same version. To see that takes three short system calls in the loop, which the
// kernel answers from its memory or refuses at once: no thread, no reading. Of others the file is
// opened, once for all entries of a version, and read in pieces: a file may have any size. Both are
// done by threads of the pool or by the kernel: a slow disk does not hold up the loop.
//
// A digest names the file and its times to the nanosecond (file_version.hpp), not its bytes: it is
// empty until the file has been left alone for FileVersion::settled_after, and another on a copy of
// the folder. A file that grows while it is read gives what was there; see open_version.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sundog/io/flow.hpp"
#include "sundog/io/key_value.hpp"
#include "sundog/io/unix/kept_files.hpp"
#include "sundog/io/unix/open_version.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

class Folder {
  struct State;

 public:
  // Files up to this size are read whole at once: reading them in pieces would take as much memory.
  // Up to KeptFiles::file_bytes_max they are where they can be kept.
  static constexpr std::size_t small_file_bytes = std::size_t{64} << 10;
  // A file that is written to while it is read whole is read again, so often at most.
  static constexpr int read_tries_max = 5;

  // Shares what it holds with other entries of the same version of the file.
  class Entry {
   public:
    explicit Entry(KeptFiles::Contents contents) noexcept : contents_(std::move(contents)) {}
    explicit Entry(std::shared_ptr<const OpenVersion> file) noexcept : file_(std::move(file)) {}

    std::uint64_t size() const noexcept { return file_ ? file_->size() : contents_->bytes.size(); }
    std::optional<Bytes> resident() const noexcept {
      if (file_ != nullptr) return std::nullopt;
      return Bytes(contents_->bytes);
    }
    Task<std::size_t> read(std::uint64_t offset, MutableBytes buffer) const {
      return file_ != nullptr ? file_->read(offset, buffer) : copy(contents_, offset, buffer);
    }
    const Digest& digest() const noexcept { return file_ ? file_->digest() : contents_->digest; }
    std::int64_t last_modified_s() const noexcept {
      return file_ ? file_->version().modified_s() : contents_->last_modified_s;
    }

   private:
    static Task<std::size_t> copy(KeptFiles::Contents contents, std::uint64_t offset,
                                  MutableBytes buffer);

    // One of them is null.
    KeptFiles::Contents contents_;
    std::shared_ptr<const OpenVersion> file_;
  };

  // Throws std::system_error that names the path: no_such_file_or_directory, not_a_directory,
  // permission_denied (also where its files could not be opened) ...
  static Task<Folder> connect(std::string path);
  Folder(Folder&& other) noexcept;
  Folder& operator=(Folder&& other) noexcept;
  ~Folder();

  // Throws std::system_error for what is there and cannot be read: permission_denied, io_error,
  // too_many_files_open, and resource_unavailable_try_again when the file is overwritten all the
  // time.
  Task<std::optional<Entry>> get(std::string_view key);

  // See ListingStore. Links and hidden names are not there. Throws as get().
  Task<std::optional<std::vector<ListedName>>> list_folder(std::string_view key);

 private:
  explicit Folder(std::unique_ptr<State> state) noexcept;

  std::unique_ptr<State> state_;
};

}  // namespace sundog
