// MutableKeyValue: a store of named contents that can be changed, after Mirage's KV_RW: a folder of
// the host, memory, a log on a disk. Every one is a KeyValue as well (key_value.hpp).
//
// An implementation MUST ensure that:
//
// Keys and contents
//  - keys have the shape that is_key() knows; their names have at most name_bytes_max bytes each, a
//    key has at most key_bytes_max, and its first name is not ".sundog", which is the stores' own.
//    Changing any other key is an error, invalid_argument, and getting it finds nothing.
//  - what stands before a '/' is a folder. Folders come with the first key in them and go with the
//    last; a key cannot be one: setting "a" where there is "a/b" is the error is_a_directory, and
//    setting "a/b" where there is "a" is not_a_directory.
//  - contents have any size that there is room for, none included.
//
// Changes
//  - set(key, contents) makes these the key's contents, whatever they were. writer(key) does the
//    same for what does not fit into memory: write() adds to the new contents, commit() makes them
//    the key's; a writer that ends without that has changed nothing.
//  - set_part(key, offset, bytes) changes these bytes of the contents and leaves the others. They
//    become longer where it reaches beyond the end, with zeros in a gap. It may cost as much as
//    writing all of the contents again. The key must be there: else no_such_file_or_directory.
//  - remove(key) gives whether there was such a key.
//  - rename(from, to) gives the contents of `from`, which must be there (else
//    no_such_file_or_directory), to `to`, whatever was there; `from` is then no key any more.
//  - each of these (of a writer, commit()) is atomic: a get() meanwhile, and the store when it is
//    opened after a power cut at any moment, shows all of the change or nothing of it. It is
//    durable when it has returned: no power cut, crash or kill undoes it. Changes under way at the
//    same time are made one after the other, in some order; after a power cut each of them may be
//    there or not.
//  - one that throws has changed nothing, with one exception: after io_error, which the disk or the
//    host's kernel reports at a moment when it may have been done already, it may be there or not,
//    whole in any case. With no_space_on_device everything that was there can still be read, and
//    removed, which makes room again. A cancelled one may be there or not, whole; when its task has
//    ended nothing of it is under way.
//  - entries that were got before stay as they were (key_value.hpp): their contents take room until
//    they end.
//
// Listing
//  - list(prefix, after, count) gives keys that begin with `prefix` and come behind `after`, in the
//    order of their bytes: the first `count` of them (at most list_count_max), or fewer when there
//    are no more. With the last one as the next `after` that goes through all of them in bounded
//    memory. Keys that are there all the time come once; those that come or go meanwhile, once or
//    not at all.
//
// Arguments are borrowed until the awaiting coroutine continues or is destroyed. Entries and
// writers must end before their store does.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/flow.hpp"
#include "sundog/io/key_value.hpp"

namespace sundog {

// The longest name between two slashes, the longest key, and the most keys of one list().
inline constexpr std::size_t name_bytes_max = 200;
inline constexpr std::size_t key_bytes_max = 1000;
inline constexpr std::size_t list_count_max = 1000;

template <class W>
concept KeyValueWriter = std::movable<W> && requires(W& writer, Bytes bytes) {
  { writer.write(bytes) } -> AwaitableOf<void>;
  { writer.commit() } -> AwaitableOf<void>;
};

template <class K>
concept MutableKeyValue = KeyValue<K> && std::movable<K> &&
                          requires(K& store, std::string_view key, std::string_view other,
                                   std::uint64_t offset, Bytes bytes, std::size_t count) {
                            { store.set(key, bytes) } -> AwaitableOf<void>;
                            { store.writer(key) };
                            requires KeyValueWriter<await_result_t<decltype(store.writer(key))>>;
                            { store.set_part(key, offset, bytes) } -> AwaitableOf<void>;
                            { store.remove(key) } -> AwaitableOf<bool>;
                            { store.rename(key, other) } -> AwaitableOf<void>;
                            {
                              store.list(key, other, count)
                            } -> AwaitableOf<std::vector<std::string>>;
                          };

// Whether a store takes this key, see above.
constexpr bool is_mutable_key(std::string_view key) noexcept {
  if (key.size() > key_bytes_max || !is_key(key)) return false;
  for (std::string_view rest = key; !rest.empty();) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    if (end > name_bytes_max) return false;
    if (rest.size() == key.size() && rest.substr(0, end) == ".sundog") return false;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

// For implementations: throws invalid_argument, with the key, for one that no store takes.
void check_mutable_key(std::string_view key);

}  // namespace sundog
