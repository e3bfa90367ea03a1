// What io/flow.hpp promises of a Flow, tried on any.
//
// A World says where flows come from and how a task runs:
//   world.run(body)     runs body(world), a task, on each machine that there is for such flows
//   world.flows()       a task that gives two new ones, each the other's peer, in a pair
//   world.many_bytes    more than they hold on their way
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sundog/io/flow.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/yield.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/closing.hpp"
#include "tests/contracts/error_of.hpp"

namespace sundog::contract {

using namespace std::chrono_literals;

// Bytes that tell where they belong.
inline std::string text_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

// Reads until the peer has finished, `piece_max` bytes at a time.
template <Flow F>
Task<std::string> read_all(F& flow, std::size_t piece_max = 4096) {
  std::string text;
  std::vector<std::byte> buffer(piece_max);
  for (;;) {
    const std::size_t count = co_await flow.read(MutableBytes(buffer));
    REQUIRE(count <= buffer.size());
    if (count == 0) co_return text;
    text.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
}

template <Flow F>
Task<void> write_all(F& flow, const std::string& text) {
  co_await flow.write(as_bytes(text));
  co_await flow.shutdown();
}

template <Flow F>
Task<std::size_t> read_once(F& flow, MutableBytes buffer) {
  co_return co_await flow.read(buffer);
}

template <Flow F>
Task<void> write_once(F& flow, Bytes bytes) {
  co_await flow.write(bytes);
}

template <Flow A, Flow B>
Task<void> carries_both_ways(A& a, B& b, std::size_t many_bytes) {
  const std::string there = text_of(many_bytes / 2 + 3);
  const std::string back = text_of(many_bytes / 7 + 1);
  auto [none, nothing, at_b, at_a] =
      co_await join(write_all(a, there), write_all(b, back), read_all(b), read_all(a, 777));
  CHECK(at_b == there);
  CHECK(at_a == back);
}

template <Flow A, Flow B>
Task<void> reads_what_there_is(A& a, B& b) {
  co_await a.write(as_bytes("abc"));
  std::array<std::byte, 2> small{};
  std::string text;
  while (text.size() < 3) {
    const std::size_t count = co_await b.read(small);
    REQUIRE(count >= 1);
    REQUIRE(count <= small.size());
    text.append(reinterpret_cast<const char*>(small.data()), count);
  }
  CHECK(text == "abc");
}

template <Flow A, Flow B>
Task<void> writes_parts_in_a_row(A& a, B& b) {
  std::vector<std::string> pieces;
  std::string expected;
  for (std::size_t i = 0; i < 70; ++i) {
    pieces.push_back(text_of(i % 5 == 0 ? 0 : i * 17));
    expected += pieces.back();
  }
  std::vector<Bytes> parts;
  for (const std::string& piece : pieces) parts.push_back(as_bytes(piece));
  const auto send = [&]() -> Task<void> {
    co_await a.write(std::span<const Bytes>());
    co_await a.write(std::span<const Bytes>(parts));
    co_await a.write(Bytes());
    co_await a.shutdown();
  };
  auto [none, text] = co_await join(send(), read_all(b));
  CHECK(text == expected);
}

template <Flow A, Flow B>
Task<void> finishes_one_side(A& a, B& b) {
  co_await a.write(as_bytes("last words"));
  co_await a.shutdown();
  const std::string text = co_await read_all(b);
  CHECK(text == "last words");
  std::array<std::byte, 8> buffer{};
  for (int again = 0; again < 3; ++again) {
    const std::size_t end = co_await b.read(buffer);
    CHECK(end == 0);
  }
  // The other direction goes on.
  co_await b.write(as_bytes("and yet"));
  co_await b.shutdown();
  const std::string answer = co_await read_all(a);
  CHECK(answer == "and yet");
}

template <Flow A, Flow B>
Task<void> loses_no_byte_to_a_cancelled_read(A& a, B& b) {
  const std::string sent = text_of(20'000);
  const auto send = [&]() -> Task<void> {
    for (std::size_t at = 0; at < sent.size(); at += 250) {
      co_await a.write(as_bytes(std::string_view(sent).substr(at, 250)));
      co_await sleep(200us);
    }
    co_await a.shutdown();
  };
  const auto receive = [&]() -> Task<std::string> {
    std::string text;
    std::array<std::byte, 100> buffer{};
    for (;;) {
      const auto count = co_await try_timeout(read_once(b, buffer), 150us);
      if (!count) continue;
      if (*count == 0) co_return text;
      text.append(reinterpret_cast<const char*>(buffer.data()), *count);
    }
  };
  auto [none, text] = co_await join(send(), receive());
  CHECK(text == sent);
}

template <Flow A, Flow B>
Task<void> cancels_a_write_that_nobody_reads(A& a, B& b, std::size_t many_bytes) {
  const std::string sent = text_of(many_bytes);
  {
    A writer = std::move(a);
    const bool all_written = co_await try_timeout(write_once(writer, as_bytes(sent)), 20ms);
    CHECK_FALSE(all_written);
  }
  // What has come is a beginning of it, whether the stream then ends or breaks.
  std::string text;
  std::vector<std::byte> buffer(65536);
  try {
    for (std::size_t count = 1; count != 0;) {
      count = co_await b.read(MutableBytes(buffer));
      text.append(reinterpret_cast<const char*>(buffer.data()), count);
    }
  } catch (const std::system_error&) {
  }
  CHECK(sent.starts_with(text));
  CHECK(text.size() < sent.size());
}

template <Flow A, Flow B>
Task<void> closes_when_destroyed(A& a, B& b) {
  {
    A closing = std::move(a);
    co_await closing.write(as_bytes("good bye"));
  }
  const std::string text = co_await read_all(b);
  CHECK(text == "good bye");
}

// Writes until it fails.
template <Flow F>
Task<std::error_code> failure_of_writing(F& flow) {
  const std::string bytes = text_of(10'000);
  for (int tries = 0; tries < 1000; ++tries) {
    const auto error = co_await error_of(write_once(flow, as_bytes(bytes)));
    if (error) co_return error;
    co_await sleep(1ms);
  }
  co_return std::error_code();
}

template <Flow A, Flow B>
Task<void> fails_for_good(A& a, B& b) {
  co_await a.write(as_bytes("what nobody reads"));
  {
    B gone = std::move(b);
    // It has come before the end closes, which therefore is no orderly one.
    std::array<std::byte, 1> first{};
    co_await gone.read(first);
  }
  const std::error_code error = co_await failure_of_writing(a);
  CHECK((error == std::errc::broken_pipe || error == std::errc::connection_reset));
  for (int again = 0; again < 3; ++again) {
    const auto of_write = co_await error_of(write_once(a, as_bytes("x")));
    CHECK(of_write);
  }
}

template <Flow A, Flow B>
Task<void> does_not_turn_a_failure_into_an_end(A& a, B& b) {
  co_await a.write(as_bytes("what nobody reads"));
  {
    B gone = std::move(b);
    std::array<std::byte, 1> first{};
    co_await gone.read(first);
  }
  std::array<std::byte, 8> buffer{};
  const auto first = co_await error_of(read_once(a, buffer));
  // A peer that is gone may look as one that has finished, by the platform; but then always.
  for (int again = 0; again < 3; ++again) {
    const auto next = co_await error_of(read_once(a, buffer));
    CHECK(static_cast<bool>(next) == static_cast<bool>(first));
  }
}

template <class World>
Task<void> ends_reads_and_writes_when_it_goes(World& world) {
  for (const Going going : goings) {
    for (const bool writes : {false, true}) {
      auto [a, b] = co_await world.flows();
      if constexpr (Closable<decltype(a)>) {
        std::optional object(std::move(a));
        const std::string many = text_of(world.many_bytes);
        std::array<std::byte, 8> buffer{};
        const auto wait = [&](auto& flow) -> Task<void> {
          if (writes) {
            co_await flow.write(as_bytes(many));
          } else {
            co_await flow.read(buffer);
          }
        };
        co_await ends_what_waits(object, going, 1, wait);
        // The end, or a reset.
        for (;;) {
          std::array<std::byte, 4096> bytes{};
          std::size_t count = 0;
          const auto read = [&]() -> Task<void> { count = co_await b.read(bytes); };
          const std::error_code error = co_await error_of(read());
          if (error || count == 0) break;
        }
      }
    }
  }
}

template <class World>
void flow(World world) {
  const auto on_new_flows = [&world](auto test) {
    world.run([test](World& in) -> Task<void> {
      auto flows = co_await in.flows();
      if constexpr (requires { test(flows.first, flows.second, in.many_bytes); }) {
        co_await test(flows.first, flows.second, in.many_bytes);
      } else {
        co_await test(flows.first, flows.second);
      }
    });
  };
  SECTION("bytes come whole and in order, in both directions at once") {
    on_new_flows([](auto& a, auto& b, auto size) { return carries_both_ways(a, b, size); });
  }
  SECTION("a read gives what there is, from one byte to the buffer's size") {
    on_new_flows([](auto& a, auto& b) { return reads_what_there_is(a, b); });
  }
  SECTION("parts are written as if they stood in one row, empty ones included") {
    on_new_flows([](auto& a, auto& b) { return writes_parts_in_a_row(a, b); });
  }
  SECTION("a side that has finished is read to its end, again and again, and the other goes on") {
    on_new_flows([](auto& a, auto& b) { return finishes_one_side(a, b); });
  }
  SECTION("cancelling reads loses no byte") {
    on_new_flows([](auto& a, auto& b) { return loses_no_byte_to_a_cancelled_read(a, b); });
  }
  SECTION("a cancelled write has written a beginning of its bytes") {
    on_new_flows(
        [](auto& a, auto& b, auto size) { return cancels_a_write_that_nobody_reads(a, b, size); });
  }
  SECTION("a flow that is destroyed closes, behind what was written") {
    on_new_flows([](auto& a, auto& b) { return closes_when_destroyed(a, b); });
  }
  SECTION("one that is closed or destroyed ends what waits for it, and its peer sees an end") {
    world.run([](World& in) { return ends_reads_and_writes_when_it_goes(in); });
  }
  SECTION("writing to a peer that is gone fails, and goes on failing") {
    on_new_flows([](auto& a, auto& b) { return fails_for_good(a, b); });
  }
  SECTION("a failure of reading is not followed by an end of the stream") {
    on_new_flows([](auto& a, auto& b) { return does_not_turn_a_failure_into_an_end(a, b); });
  }
}

}  // namespace sundog::contract
