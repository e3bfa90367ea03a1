#include "sundog/runtime/text/format.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

#include "tests/catch.hpp"

using sundog::format_text;

// {fmt} itself is the judge: whatever the pattern, both must write the same.
#define CHECK_SAME(...) CHECK(format_text(__VA_ARGS__) == fmt::format(__VA_ARGS__))

TEST_CASE("text, numbers, characters, booleans and pointers are written as {fmt} writes them") {
  const std::string word = "word";
  int place = 0;
  CHECK_SAME("nothing to fill in");
  CHECK_SAME("{} {} {} {} {}", word, "literal", std::string_view("view"), 'c', true);
  CHECK_SAME("{} {} {} {}", 0, -1, 42u, std::numeric_limits<std::int64_t>::min());
  CHECK_SAME("{} {}", std::numeric_limits<std::uint64_t>::max(), static_cast<unsigned char>(200));
  CHECK_SAME("{} {}", static_cast<const void*>(&place), static_cast<void*>(nullptr));
  CHECK_SAME("{{}} {{{}}}", 1);
  CHECK_SAME("{1} {0} {1}", "a", "b");
}

TEST_CASE("width, fill and alignment are {fmt}'s, for text and for numbers") {
  CHECK_SAME("[{:6}] [{:6}] [{:6}] [{:6}]", "ab", 12, 'c', true);
  CHECK_SAME("[{:<6}] [{:>6}] [{:^6}] [{:^5}]", "ab", "ab", "ab", "ab");
  CHECK_SAME("[{:*<6}] [{:->6}] [{:0^7}]", 12, 12, 12);
  CHECK_SAME("[{:ö>4}] [{:>4}]", 1, "ä");
  CHECK_SAME("[{:2}] [{:1}]", "longer", 12345);
  CHECK_SAME("[{:{}}] [{:>{}}] [{:.{}}]", 1, 4, 2, 5, "truncated", 3);
  CHECK_SAME("[{0:{1}}]", 7, 3);
}

TEST_CASE("a precision cuts text at a character, never inside one") {
  CHECK_SAME("[{:.2}] [{:6.2}] [{:.0}]", "abc", "abc", "abc");
  CHECK_SAME("[{:.2}]", "äöü");
}

TEST_CASE("signs, bases, prefixes and leading zeros are {fmt}'s") {
  CHECK_SAME("{:+} {: } {:-} {:+}", 1, 1, 1, -1);
  CHECK_SAME("{:x} {:X} {:o} {:b} {:d} {:B}", 48879, 48879, 8, 5, 5, 5);
  CHECK_SAME("{:#x} {:#X} {:#o} {:#b} {:#o} {:#x}", 255, 255, 8, 5, 0, 0);
  CHECK_SAME("{:05} {:05} {:#010x} {:+06}", 42, -42, 255, 42);
  // as std::format and {fmt} since version 10: an alignment makes the zero void
  CHECK(format_text("{:<05}|{:>05}", 42, 42) == "42   |   42");
  CHECK_SAME("{:x} {:x}", -255, std::numeric_limits<std::int64_t>::min());
  CHECK_SAME("{:c} {:d} {:x} {:d} {:s}", 65, 'A', 'A', true, true);
}

TEST_CASE("other types are {fmt}'s own business, with their specifications") {
  CHECK_SAME("{} {} {:.3f} {:8.2e}", 1.5, 1.0f / 3, 3.14159, 12345.678);
  CHECK_SAME("{:>{}.{}f}", 2.71828, 9, 2);
  CHECK_SAME("{}", std::chrono::milliseconds(250));
}
