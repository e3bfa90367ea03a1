// KeyValue: a read-only store of named contents, after Mirage's KV_RO: a folder, files compiled in,
// a package on a disk.
//
// An implementation MUST ensure that:
//  - a key is a relative path of names separated by single '/', without "." and ".."
//    ("css/style.css"). A key that is not of this shape, or names nothing, or names a folder, gives
//    an empty optional; it never leads outside of the store.
//  - get() gives one consistent version: contents, tag and time belong together even when the store
//    changes meanwhile.
//  - an Entry stays valid, and unchanged, as long as itself and its store, whatever happens to the
//    key later. Moving an Entry does not move its contents.
//  - etag() is a strong entity tag with its quotes (RFC 9110 section 8.8.3): different contents
//    have different tags. It is the same again after a restart, and on every replica of the
//    service.
//  - what the world does wrong (an unreadable disk) is a std::system_error; not being there is not
//    an error.
//
// What media type an entry has is not the store's to say: see http/mime_type.hpp.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sundog/io/flow.hpp"

namespace sundog {

template <class E>
concept KeyValueEntry = std::movable<E> && requires(const E& entry) {
  // As long as the entry.
  { entry.contents() } -> std::same_as<Bytes>;
  { entry.etag() } -> std::same_as<std::string_view>;
  // When the contents were changed last, in whole seconds since 1970 (Unix time).
  { entry.last_modified_s() } -> std::same_as<std::int64_t>;
};

// The key is borrowed until the awaiting coroutine continues or is destroyed.
template <class K>
concept KeyValue = KeyValueEntry<typename K::Entry> && requires(K& store, std::string_view key) {
  { store.get(key) } -> AwaitableOf<std::optional<typename K::Entry>>;
};

}  // namespace sundog
