// What io/key_value.hpp promises, tried on any KeyValue that holds the files of the folder
// tests/io/embedded: "hello.txt", "folder/bytes.bin" and an empty one, "empty".
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/key_value.hpp"
#include "sundog/runtime/task.hpp"
#include "tests/catch.hpp"

namespace sundog::contract {

// All of an entry, in pieces of so many bytes.
template <KeyValueEntry E>
Task<std::string> text_of(const E& entry, std::size_t piece_bytes = 64 * 1024) {
  std::string text;
  std::vector<std::byte> piece(piece_bytes);
  for (;;) {
    const std::size_t count = co_await entry.read(text.size(), MutableBytes(piece));
    if (count == 0) break;
    REQUIRE(count <= piece.size());
    text.append(reinterpret_cast<const char*>(piece.data()), count);
  }
  CHECK(text.size() == entry.size());
  co_return text;
}

// The contents of a key, or "(none)".
template <class S>
Task<std::string> text_at(S& store, std::string_view key) {
  const auto entry = co_await store.get(key);
  if (!entry) co_return "(none)";
  co_return co_await text_of(*entry);
}

template <class S>
  requires KeyValue<S>
Task<void> key_value(S& store) {
  const std::string hello = "Hello from a file.\n";
  for (const std::size_t piece_bytes : {1U, 3U, 19U, 1000U}) {
    const auto entry = co_await store.get("hello.txt");
    REQUIRE(entry);
    const auto text = co_await text_of(*entry, piece_bytes);
    CHECK(text == hello);
  }
  const auto entry = co_await store.get("hello.txt");
  CHECK(entry->size() == hello.size());
  std::array<std::byte, 5> part;
  const std::size_t count = co_await entry->read(6, MutableBytes(part));
  REQUIRE(count >= 1);
  CHECK(std::ranges::equal(MutableBytes(part).first(count), as_bytes(hello).subspan(6, count)));
  // Nothing is behind the end, however far.
  for (const std::uint64_t offset :
       {std::uint64_t{19}, std::uint64_t{20}, std::uint64_t{1} << 62}) {
    const std::size_t behind = co_await entry->read(offset, MutableBytes(part));
    CHECK(behind == 0);
  }
  const std::size_t nothing = co_await entry->read(0, MutableBytes());
  CHECK(nothing == 0);
  if (const auto contents = entry->resident()) {
    CHECK(std::ranges::equal(*contents, as_bytes(hello)));
  }

  const auto bytes = co_await text_at(store, "folder/bytes.bin");
  CHECK(bytes == std::string("\x00\x01\xfe\xff\"\\\n", 7));
  const auto empty = co_await store.get("empty");
  REQUIRE(empty);
  CHECK(empty->size() == 0);
  const auto no_text = co_await text_of(*empty);
  CHECK(no_text.empty());

  // The same version has the same digest; moving an entry does not move its contents.
  auto again = co_await store.get("hello.txt");
  CHECK(again->digest() == entry->digest());
  CHECK(again->last_modified_s() == entry->last_modified_s());
  const auto contents_before = again->resident();
  const auto moved = std::move(*again);
  if (contents_before) CHECK(moved.resident()->data() == contents_before->data());
  const auto moved_text = co_await text_of(moved);
  CHECK(moved_text == hello);

  for (const std::string_view key :
       {"", "/", "folder", "folder/", "folder/bytes", "hello.txt/", "/hello.txt", "./hello.txt",
        "../embedded/hello.txt", "folder/../hello.txt", "folder//bytes.bin", "HELLO.TXT",
        "hello.txt/below"}) {
    CAPTURE(key);
    const auto none = co_await store.get(key);
    CHECK_FALSE(none);
  }
  const auto none = co_await store.get(std::string_view("hello.txt\0", 10));
  CHECK_FALSE(none);
}

}  // namespace sundog::contract
