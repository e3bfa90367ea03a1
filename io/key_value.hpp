// KeyValue: a read-only store of named contents, after Mirage's KV_RO: a folder, files compiled in,
// a package on a disk.
//
// An implementation MUST ensure that:
//  - a key is a relative path of names separated by single '/', without "." and ".."
//    ("css/style.css"). A key that is not of this shape, or names nothing, or names a folder, gives
//    an empty optional; it never leads outside of the store.
//  - get() gives an Entry, which is one version of the contents: size, digest, time and every piece
//    that is read of it belong together even when the store changes meanwhile. get() itself need
//    not read the contents.
//  - an Entry stays valid, and unchanged, as long as itself and its store, whatever happens to the
//    key later. A store that cannot keep the version (a file that somebody overwrites in its place)
//    makes read() throw resource_unavailable_try_again from then on; it never gives pieces of two
//    versions, as far as the store can tell them apart
//    (see unix/open_version.hpp). Moving an Entry does not move its contents. An Entry must end
//    before its store does.
//  - resident() gives the whole contents where they are in memory anyway, without a copy, valid as
//    long as the entry; it is empty for those that must be read. It is the same for the whole life
//    of the entry.
//  - read(offset, buffer) gives the number of bytes that it has put into the buffer, from `offset`
//    on: 1 to its size, or 0 at and behind the end (or for an empty buffer). It works for every
//    entry, the resident ones too. Several reads of one entry may be under way at once; the
//    buffers are borrowed until the awaiting coroutine continues or is destroyed. Memory for an
//    entry that is not resident is bounded whatever its size.
//  - digest() names the contents: two entries of one key with equal digests have equal contents,
//    byte for byte. It is the same again after a restart as long as nobody has changed the store.
//    Those of stores that take it from the contents are also the same on every replica of the
//    service. It is empty where nothing can be said, as for a file that was changed a moment ago.
//  - what the world does wrong (an unreadable disk) is a std::system_error; not being there is not
//    an error.
//
// What media type an entry has is not the store's to say: see http/mime_type.hpp.
#pragma once

#include <algorithm>
#include <concepts>
#include <coroutine>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/digest.hpp"
#include "sundog/io/flow.hpp"

namespace sundog {

template <class E>
concept KeyValueEntry =
    std::movable<E> && requires(const E& entry, std::uint64_t offset, MutableBytes buffer) {
      { entry.size() } -> std::same_as<std::uint64_t>;
      { entry.resident() } -> std::same_as<std::optional<Bytes>>;
      { entry.read(offset, buffer) } -> AwaitableOf<std::size_t>;
      { entry.digest() } -> std::convertible_to<const Digest&>;
      // When the contents were changed last, in whole seconds since 1970 (Unix time).
      { entry.last_modified_s() } -> std::same_as<std::int64_t>;
    };

// The key is borrowed until the awaiting coroutine continues or is destroyed.
template <class K>
concept KeyValue = KeyValueEntry<typename K::Entry> && requires(K& store, std::string_view key) {
  { store.get(key) } -> AwaitableOf<std::optional<typename K::Entry>>;
};

// A name in a folder of a store.
struct ListedName {
  std::string name;  // without slashes
  bool is_folder = false;
  std::uint64_t size = 0;  // of contents
};

// A store may be able to tell what is in a folder. list_folder(key) gives the names there that
// get() would follow, sorted by their bytes, list_folder_max at most; the root's key is empty. It
// gives an empty optional where there is no such folder.
inline constexpr std::size_t list_folder_max = 10'000;
template <class K>
concept ListingStore = KeyValue<K> && requires(K& store, std::string_view key) {
  { store.list_folder(key) } -> AwaitableOf<std::optional<std::vector<ListedName>>>;
};

// Whether `key` has the shape that all stores demand, see above.
constexpr bool is_key(std::string_view key) noexcept {
  for (std::size_t start = 0;;) {
    const std::size_t end = std::min(key.find('/', start), key.size());
    const std::string_view name = key.substr(start, end - start);
    if (name.empty() || name == "." || name == ".." || name.find('\0') != name.npos) return false;
    if (end == key.size()) return true;
    start = end + 1;
  }
}

// What Entry::read() gives for contents in memory: it is copied at once, awaiting never suspends.
class [[nodiscard]] ReadFromMemory {
 public:
  ReadFromMemory(Bytes contents, std::uint64_t offset, MutableBytes buffer) noexcept {
    if (offset >= contents.size()) return;
    const Bytes rest = contents.subspan(static_cast<std::size_t>(offset));
    count_ = std::min(rest.size(), buffer.size());
    std::copy_n(rest.begin(), count_, buffer.begin());
  }
  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  std::size_t await_resume() const noexcept { return count_; }

 private:
  std::size_t count_ = 0;
};

}  // namespace sundog
