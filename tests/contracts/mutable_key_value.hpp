// What io/mutable_key_value.hpp promises, tried on any MutableKeyValue.
//
// A World says how a store is opened and how a task runs:
//   world.run(body)     runs body(world), a task, where the store's machine runs; the store is new
//   world.open()        a task that opens the store
//   world.persistent    whether what was set is there when the store is opened again
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/mutable_key_value.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/error_of.hpp"
#include "tests/contracts/key_value.hpp"

namespace sundog::contract {

template <MutableKeyValue S>
Task<std::string> all_keys(S& store, std::string_view prefix = "", std::size_t at_once = 1000) {
  std::string text;
  std::string after;
  for (;;) {
    const auto keys = co_await store.list(prefix, after, at_once);
    CHECK(keys.size() <= at_once);
    for (const std::string& key : keys) text += key + "|";
    if (keys.size() < at_once) co_return text;
    after = keys.back();
  }
}

template <MutableKeyValue S>
Task<void> keeps_what_was_set(S& store) {
  auto entry = co_await text_at(store, "a");
  CHECK(entry == "(none)");
  co_await store.set("a", as_bytes("first"));
  co_await store.set("folder/b", as_bytes(""));
  const std::string large(300'000, 'x');
  co_await store.set("folder/deep/c", as_bytes(large));
  entry = co_await text_at(store, "a");
  CHECK(entry == "first");
  entry = co_await text_at(store, "folder/b");
  CHECK(entry.empty());
  entry = co_await text_at(store, "folder/deep/c");
  CHECK(entry == large);
  // Entries stay as they were, whatever becomes of their key.
  const auto old_entry = co_await store.get("a");
  co_await store.set("a", as_bytes("second, longer"));
  entry = co_await text_at(store, "a");
  CHECK(entry == "second, longer");
  entry = co_await text_of(*old_entry);
  CHECK(entry == "first");
  const auto new_entry = co_await store.get("a");
  CHECK(new_entry->digest() != old_entry->digest());
  const auto same_entry = co_await store.get("a");
  CHECK(same_entry->digest() == new_entry->digest());
  const bool was_there = co_await store.remove("a");
  CHECK(was_there);
  entry = co_await text_of(*new_entry);
  CHECK(entry == "second, longer");
  entry = co_await text_at(store, "a");
  CHECK(entry == "(none)");
  const bool is_there = co_await store.remove("a");
  CHECK_FALSE(is_there);
  const bool never_was = co_await store.remove("no/such/key");
  CHECK_FALSE(never_was);
  const bool is_folder = co_await store.remove("folder");
  CHECK_FALSE(is_folder);
}

template <MutableKeyValue S>
Task<void> refuses_what_is_no_key(S& store) {
  const auto invalid = std::errc::invalid_argument;
  co_await store.set("good", as_bytes("good"));
  const std::string long_name(name_bytes_max + 1, 'n');
  std::string long_key;
  while (long_key.size() <= key_bytes_max) long_key += "folder/";
  long_key += "x";
  for (const std::string_view key :
       {std::string_view(""), std::string_view("/"), std::string_view("/a"), std::string_view("a/"),
        std::string_view("a//b"), std::string_view("."), std::string_view(".."),
        std::string_view("a/../b"), std::string_view("./a"), std::string_view("a\0b", 3),
        std::string_view(".sundog"), std::string_view(".sundog/a"), std::string_view(long_name),
        std::string_view(long_key)}) {
    CAPTURE(std::string(key));
    auto error = co_await error_of(store.set(key, as_bytes("bad")));
    CHECK(error == invalid);
    error = co_await error_of(store.set_part(key, 0, as_bytes("bad")));
    CHECK(error == invalid);
    error = co_await error_of(store.rename("good", key));
    CHECK(error == invalid);
    const auto found = co_await store.get(key);
    CHECK_FALSE(found);
  }
  const std::string whole_name(name_bytes_max, 'n');
  for (const std::string_view key :
       {std::string_view(".well-known"), std::string_view("..."), std::string_view("a b\\c\"\n"),
        std::string_view("\xff\xfe"), std::string_view(whole_name)}) {
    co_await store.set(key, as_bytes(key));
    const auto found = co_await text_at(store, key);
    CHECK(found == key);
  }
}

template <MutableKeyValue S>
Task<void> folders_come_and_go(S& store) {
  co_await store.set("a/b/c", as_bytes("c"));
  auto error = co_await error_of(store.set("a/b", as_bytes("b")));
  CHECK(error == std::errc::is_a_directory);
  error = co_await error_of(store.set("a/b/c/d", as_bytes("d")));
  CHECK(error == std::errc::not_a_directory);
  // A change that was refused has left nothing behind.
  error = co_await error_of(store.set("a/b/c/d/e/f", as_bytes("f")));
  CHECK(error == std::errc::not_a_directory);
  auto keys = co_await all_keys(store);
  CHECK(keys == "a/b/c|");
  co_await store.set("a/x", as_bytes("x"));
  co_await store.remove("a/b/c");
  co_await store.set("a/b", as_bytes("now a key"));
  co_await store.rename("a/b", "q/r/s");
  co_await store.remove("a/x");
  co_await store.set("a", as_bytes("now a key, too"));
  keys = co_await all_keys(store);
  CHECK(keys == "a|q/r/s|");
}

template <MutableKeyValue S>
Task<void> sets_parts(S& store) {
  auto error = co_await error_of(store.set_part("k", 0, as_bytes("x")));
  CHECK(error == std::errc::no_such_file_or_directory);
  co_await store.set("k", as_bytes("0123456789"));
  const auto before = co_await store.get("k");
  co_await store.set_part("k", 3, as_bytes("abc"));
  auto text = co_await text_at(store, "k");
  CHECK(text == "012abc6789");
  co_await store.set_part("k", 8, as_bytes("xyz"));
  text = co_await text_at(store, "k");
  CHECK(text == "012abc67xyz");
  co_await store.set_part("k", 13, as_bytes("!"));
  text = co_await text_at(store, "k");
  CHECK(text == std::string("012abc67xyz\0\0!", 14));
  co_await store.set_part("k", 1000, Bytes());
  const auto after = co_await store.get("k");
  CHECK(after->size() == 14);
  CHECK(after->digest() != before->digest());
  text = co_await text_of(*before);
  CHECK(text == "0123456789");
}

template <MutableKeyValue S>
Task<void> renames(S& store) {
  auto error = co_await error_of(store.rename("from", "to"));
  CHECK(error == std::errc::no_such_file_or_directory);
  co_await store.set("from", as_bytes("contents"));
  co_await store.set("to/there", as_bytes("old"));
  co_await store.rename("from", "to/there");
  auto text = co_await text_at(store, "to/there");
  CHECK(text == "contents");
  co_await store.rename("to/there", "to/there");
  text = co_await text_at(store, "to/there");
  CHECK(text == "contents");
  error = co_await error_of(store.rename("to/there", "to"));
  CHECK(error == std::errc::is_a_directory);
  error = co_await error_of(store.rename("to/there", "to/there/below"));
  CHECK(error == std::errc::not_a_directory);
  error = co_await error_of(store.rename("to", "other"));
  CHECK(error == std::errc::no_such_file_or_directory);
  const auto keys = co_await all_keys(store);
  CHECK(keys == "to/there|");
}

template <MutableKeyValue S>
Task<void> lists(S& store) {
  auto keys = co_await all_keys(store);
  CHECK(keys.empty());
  for (const std::string_view key :
       {"b", "a", "a.b", "c/1", "c/2", "c/10", "c.d", "c/deep/er/x", "c0", "d/1"}) {
    co_await store.set(key, as_bytes(key));
  }
  const std::string all = "a|a.b|b|c.d|c/1|c/10|c/2|c/deep/er/x|c0|d/1|";
  for (const std::size_t at_once : {1U, 2U, 3U, 7U, 1000U}) {
    keys = co_await all_keys(store, "", at_once);
    CHECK(keys == all);
  }
  keys = co_await all_keys(store, "c/");
  CHECK(keys == "c/1|c/10|c/2|c/deep/er/x|");
  keys = co_await all_keys(store, "c/1", 1);
  CHECK(keys == "c/1|c/10|");
  keys = co_await all_keys(store, "c/deep/e");
  CHECK(keys == "c/deep/er/x|");
  keys = co_await all_keys(store, "z");
  CHECK(keys.empty());
  const auto behind = co_await store.list("", "c/10", 2);
  CHECK(behind == std::vector<std::string>{"c/2", "c/deep/er/x"});
  const auto none = co_await store.list("", "", 0);
  CHECK(none.empty());
}

template <MutableKeyValue S>
Task<void> writes_in_pieces(S& store) {
  co_await store.set("k", as_bytes("old"));
  {
    auto abandoned = co_await store.writer("k");
    co_await abandoned.write(as_bytes("never seen"));
  }
  auto text = co_await text_at(store, "k");
  CHECK(text == "old");
  auto writer = co_await store.writer("k");
  auto other = co_await store.writer("other/k");
  std::string whole;
  for (int i = 0; i < 50; ++i) {
    const std::string piece(static_cast<std::size_t>(i * 37), static_cast<char>('a' + i % 26));
    co_await writer.write(as_bytes(piece));
    whole += piece;
    co_await other.write(as_bytes("x"));
  }
  text = co_await text_at(store, "k");
  CHECK(text == "old");
  auto keys = co_await all_keys(store);
  CHECK(keys == "k|");
  auto moved = std::move(writer);
  co_await moved.commit();
  text = co_await text_at(store, "k");
  CHECK(text == whole);
  co_await other.commit();
  text = co_await text_at(store, "other/k");
  CHECK(text == std::string(50, 'x'));
  auto empty = co_await store.writer("empty");
  co_await empty.commit();
  text = co_await text_at(store, "empty");
  CHECK(text.empty());
}

template <MutableKeyValue S>
Task<void> changes_at_once(S& store) {
  const auto change = [&](int who) -> Task<void> {
    for (int round = 0; round < 5; ++round) {
      const std::string text(static_cast<std::size_t>(100 + who), static_cast<char>('a' + who));
      co_await store.set("shared/key", as_bytes(text));
      co_await store.set("own/" + std::to_string(who) + "/key", as_bytes(text));
      const auto found = co_await text_at(store, "shared/key");
      // Of one of them, whole.
      const bool is_whole = found.size() >= 100 &&
                            found.size() == 100U + unsigned(found[0] - 'a') &&
                            found.find_first_not_of(found[0]) == found.npos;
      CHECK(is_whole);
      const bool was_there = co_await store.remove("own/" + std::to_string(who) + "/key");
      CHECK(was_there);
    }
  };
  co_await scope([&](Scope& tasks) -> Task<void> {
    for (int who = 0; who < 6; ++who) tasks.spawn(change, who);
    co_return;
  });
  const auto keys = co_await all_keys(store);
  CHECK(keys == "shared/key|");
}

template <MutableKeyValue S>
Task<void> cancelled_changes_are_whole(S& store) {
  const std::string old_text(50'000, 'o');
  const std::string new_text(60'000, 'n');
  for (int round = 0; round < 15; ++round) {
    co_await store.set("k", as_bytes(old_text));
    co_await try_timeout(store.set("k", as_bytes(new_text)), std::chrono::microseconds(round * 40));
    const auto found = co_await text_at(store, "k");
    CHECK((found == old_text || found == new_text));
    const auto again = co_await text_at(store, "k");
    CHECK(again == found);
  }
  const auto keys = co_await all_keys(store);
  CHECK(keys == "k|");
}

template <class World>
Task<void> keeps_it_when_opened_again(World& world) {
  Digest digest;
  {
    MutableKeyValue auto store = co_await world.open();
    co_await store.set("a/b", as_bytes("kept"));
    co_await store.set("c", as_bytes("renamed"));
    co_await store.rename("c", "d/e");
    auto abandoned = co_await store.writer("f");
    co_await abandoned.write(as_bytes("not committed"));
    const auto entry = co_await store.get("a/b");
    digest = entry->digest();
  }
  MutableKeyValue auto store = co_await world.open();
  const auto keys = co_await all_keys(store);
  CHECK(keys == "a/b|d/e|");
  auto text = co_await text_at(store, "a/b");
  CHECK(text == "kept");
  text = co_await text_at(store, "d/e");
  CHECK(text == "renamed");
  const auto entry = co_await store.get("a/b");
  CHECK(entry->digest() == digest);
}

template <class World>
void mutable_key_value(World world) {
  const auto on_a_new_store = [&world](auto test) {
    world.run([test](World& in) -> Task<void> {
      MutableKeyValue auto store = co_await in.open();
      co_await test(store);
    });
  };
  SECTION("a key has the contents that were set last, and entries stay as they were") {
    on_a_new_store([](auto& store) { return keeps_what_was_set(store); });
  }
  SECTION("what is no key is refused, and every key is taken") {
    on_a_new_store([](auto& store) { return refuses_what_is_no_key(store); });
  }
  SECTION("folders come with their first key and go with their last") {
    on_a_new_store([](auto& store) { return folders_come_and_go(store); });
  }
  SECTION("a part is set, and leaves the rest") {
    on_a_new_store([](auto& store) { return sets_parts(store); });
  }
  SECTION("a key is renamed, over another one too") {
    on_a_new_store([](auto& store) { return renames(store); });
  }
  SECTION("keys are listed in order, a few at a time") {
    on_a_new_store([](auto& store) { return lists(store); });
  }
  SECTION("contents are written in pieces, and are there when they are committed") {
    on_a_new_store([](auto& store) { return writes_in_pieces(store); });
  }
  SECTION("changes at once are made one after the other") {
    on_a_new_store([](auto& store) { return changes_at_once(store); });
  }
  SECTION("a cancelled change has happened or not") {
    on_a_new_store([](auto& store) { return cancelled_changes_are_whole(store); });
  }
  if constexpr (World::persistent) {
    SECTION("what was set is there when the store is opened again") {
      world.run([](World& in) { return keeps_it_when_opened_again(in); });
    }
  }
}

}  // namespace sundog::contract
