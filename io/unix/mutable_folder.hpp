// MutableFolder: a folder of the host as a MutableKeyValue: each key is a file, each folder of it a
// folder.
//
//   MutableFolder notes = co_await MutableFolder::connect("notes");
//   co_await notes.set("2026/today.txt", as_bytes("wrote a store"));
//
// New contents are written to a file in the folder ".sundog", brought to the disk, and then renamed
// over the old ones, which is atomic on every file system of a Unix; at last the folder is brought
// to the disk. So a file is never changed in its place, and whoever has it open (an Entry) keeps
// what was there. Changes are made one after the other; the calls block, on threads of the pool.
//
// One MutableFolder at a time, in one process, uses a folder. Other programs may read in it; those
// that change files in their places take its promises away. Symbolic links are not followed, and
// are no keys. Digests are of the file and its times to the nanosecond, not of its bytes: strong on
// file systems that keep such times (all but FAT), and others on a copy of the folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/mutable_key_value.hpp"
#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/file.hpp"
#include "sundog/io/unix/open_file.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

class MutableFolder {
  struct State;

 public:
  class Entry {
   public:
    Entry(Descriptor file, std::uint64_t size, const Digest& digest,
          std::int64_t modified_s) noexcept
        : file_(std::move(file)), size_(size), digest_(digest), modified_s_(modified_s) {}
    std::uint64_t size() const noexcept { return size_; }
    std::optional<Bytes> resident() const noexcept { return std::nullopt; }
    [[nodiscard]] detail::FileReadOperation read(std::uint64_t offset,
                                                 MutableBytes buffer) const noexcept {
      return detail::FileReadOperation(file_.get(), buffer, true, offset, true);
    }
    const Digest& digest() const noexcept { return digest_; }
    std::int64_t last_modified_s() const noexcept { return modified_s_; }

   private:
    Descriptor file_;
    std::uint64_t size_;
    Digest digest_;
    std::int64_t modified_s_;
  };

  // Writes a file apart, which commit() puts in place of the old one.
  class Writer {
   public:
    Writer(Writer&& other) noexcept = default;
    Writer& operator=(Writer&& other) noexcept;
    ~Writer();
    Task<void> write(Bytes bytes);
    Task<void> commit();

   private:
    friend class MutableFolder;
    Writer(State& state, std::string_view key, std::string name, OpenFile file)
        : state_(&state), key_(key), name_(std::move(name)), file_(std::move(file)) {}

    State* state_;
    std::string key_;
    std::string name_;  // of the file in ".sundog", while it is there
    OpenFile file_;
    std::uint64_t size_ = 0;
  };

  // The folder must be there. Throws std::system_error that names it: no_such_file_or_directory,
  // not_a_directory, permission_denied, device_or_resource_busy when it is in use already.
  static Task<MutableFolder> connect(std::string path);
  MutableFolder(MutableFolder&& other) noexcept;
  MutableFolder& operator=(MutableFolder&& other) noexcept;
  ~MutableFolder();

  Task<std::optional<Entry>> get(std::string_view key);
  Task<void> set(std::string_view key, Bytes contents);
  Task<Writer> writer(std::string_view key);
  Task<void> set_part(std::string_view key, std::uint64_t offset, Bytes bytes);
  Task<bool> remove(std::string_view key);
  Task<void> rename(std::string_view from, std::string_view to);
  Task<std::vector<std::string>> list(std::string_view prefix, std::string_view after,
                                      std::size_t count);

 private:
  explicit MutableFolder(std::unique_ptr<State> state) noexcept;

  std::unique_ptr<State> state_;
};

static_assert(MutableKeyValue<MutableFolder>);

}  // namespace sundog
