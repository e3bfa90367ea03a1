// EitherKeyValue: one of two stores, chosen when the service starts.
//
//   EitherKeyValue<Folder, EmbeddedFiles> pages{embedded_pages};
//
// For services that a parameter moves from one store to the other; where the choice is made at
// build time, name the store itself. It promises what the chosen store promises.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "sundog/io/key_value.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

template <KeyValue First, KeyValue Second>
class EitherKeyValue {
 public:
  // An entry of whichever store it is from, as KeyValue has it.
  class Entry {
   public:
    explicit Entry(typename First::Entry entry)
        : entry_(std::in_place_index<0>, std::move(entry)) {}
    explicit Entry(typename Second::Entry entry)
        : entry_(std::in_place_index<1>, std::move(entry)) {}

    std::uint64_t size() const {
      return std::visit([](const auto& entry) { return entry.size(); }, entry_);
    }
    // As the contract says (key_value.hpp).
    std::optional<Bytes> resident() const {
      return std::visit([](const auto& entry) { return entry.resident(); }, entry_);
    }
    Task<std::size_t> read(std::uint64_t offset, MutableBytes buffer) const {
      if (const auto* first = std::get_if<0>(&entry_)) {
        co_return co_await first->read(offset, buffer);
      }
      co_return co_await std::get<1>(entry_).read(offset, buffer);
    }
    const Digest& digest() const {
      return std::visit([](const auto& entry) -> const Digest& { return entry.digest(); }, entry_);
    }
    std::int64_t last_modified_s() const {
      return std::visit([](const auto& entry) { return entry.last_modified_s(); }, entry_);
    }

   private:
    std::variant<typename First::Entry, typename Second::Entry> entry_;
  };

  explicit EitherKeyValue(First store) : store_(std::in_place_index<0>, std::move(store)) {}
  explicit EitherKeyValue(Second store) : store_(std::in_place_index<1>, std::move(store)) {}

  // Asks the store that it was made with.
  Task<std::optional<Entry>> get(std::string_view key) {
    if (auto* first = std::get_if<0>(&store_)) co_return wrap(co_await first->get(key));
    co_return wrap(co_await std::get<1>(store_).get(key));
  }

  // Of a store that cannot list: no folder is there.
  Task<std::optional<std::vector<ListedName>>> list_folder(std::string_view key)
    requires(ListingStore<First> || ListingStore<Second>)
  {
    return std::visit([&](auto& store) { return list(store, key); }, store_);
  }

 private:
  template <class Store>
  static Task<std::optional<std::vector<ListedName>>> list(Store& store, std::string_view key) {
    if constexpr (ListingStore<Store>) {
      co_return co_await store.list_folder(key);
    } else {
      co_return std::nullopt;
    }
  }

  template <class ChosenEntry>
  static std::optional<Entry> wrap(std::optional<ChosenEntry> entry) {
    if (!entry) return std::nullopt;
    return Entry(std::move(*entry));
  }

  std::variant<First, Second> store_;
};

}  // namespace sundog
