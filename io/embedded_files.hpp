// EmbeddedFiles: a folder compiled into the program, as a KeyValue.
//
// io/embed.py turns a folder into a C++ source at build time. Everything lies in read-only memory,
// sorted by name: nothing is allocated, at the start or later; a look-up is a binary search; and it
// works where there are no files at all.
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "sundog/io/key_value.hpp"

namespace sundog {

// One file. Valid for ever: it refers to the program itself.
class EmbeddedFile {
 public:
  constexpr EmbeddedFile(std::string_view name, std::span<const unsigned char> bytes,
                         const Digest& digest, std::int64_t last_modified_s)
      : name_(name), bytes_(bytes), digest_(digest), last_modified_s_(last_modified_s) {}

  // The path below the folder that was compiled in; and the bytes, which live as long as the
  // program.
  constexpr std::string_view name() const noexcept { return name_; }
  Bytes contents() const noexcept { return std::as_bytes(bytes_); }
  constexpr std::uint64_t size() const noexcept { return bytes_.size(); }
  std::optional<Bytes> resident() const noexcept { return contents(); }
  ReadFromMemory read(std::uint64_t offset, MutableBytes buffer) const noexcept {
    return ReadFromMemory(contents(), offset, buffer);
  }
  constexpr const Digest& digest() const noexcept { return digest_; }
  constexpr std::int64_t last_modified_s() const noexcept { return last_modified_s_; }

 private:
  std::string_view name_;
  std::span<const unsigned char> bytes_;
  Digest digest_;
  std::int64_t last_modified_s_;
};

class EmbeddedFiles {
 public:
  using Entry = EmbeddedFile;

  // The files must be sorted by name, as io/embed.py writes them.
  constexpr explicit EmbeddedFiles(std::span<const EmbeddedFile> files) : files_(files) {}

  // The answer is known at once: awaiting it never suspends.
  class Found {
   public:
    explicit Found(std::optional<Entry> entry) noexcept : entry_(entry) {}
    bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    std::optional<Entry> await_resume() const noexcept { return entry_; }

   private:
    std::optional<Entry> entry_;
  };
  [[nodiscard]] Found get(std::string_view key) const { return Found(find(key)); }

  // All of them, by name.
  constexpr std::span<const EmbeddedFile> files() const noexcept { return files_; }

 private:
  std::optional<Entry> find(std::string_view key) const {
    const auto place = std::ranges::lower_bound(files_, key, std::less<>(), &EmbeddedFile::name);
    if (place == files_.end() || place->name() != key) return std::nullopt;
    return *place;
  }

  std::span<const EmbeddedFile> files_;
};

static_assert(KeyValue<const EmbeddedFiles>);

}  // namespace sundog
