#include "sundog/io/xen/command_line.hpp"

#include <array>
#include <string>
#include <vector>

#include "tests/catch.hpp"

namespace {

std::vector<std::string> split(std::string line, std::size_t words_max = 16) {
  std::vector<char*> words(words_max);
  words.resize(sundog::xen::split_command_line(line.data(), words));
  return {words.begin(), words.end()};
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("words are split at spaces and tabs, however many") {
  CHECK(split("--count 3\t --fast ") == Words{"--count", "3", "--fast"});
  CHECK(split("") == Words{});
  CHECK(split("   ") == Words{});
}

TEST_CASE("quotes keep spaces and are dropped themselves, also inside a word") {
  CHECK(split(R"(--hello="Good morning" 'a b'"c d")") == Words{"--hello=Good morning", "a bc d"});
  CHECK(split(R"("")") == Words{""});
}

TEST_CASE("a backslash keeps the next character, but not inside single quotes") {
  CHECK(split(R"(a\ b "\"" '\n')") == Words{"a b", "\"", "\\n"});
}

TEST_CASE("an unfinished quote and a last backslash end with the line") {
  CHECK(split("\"a b") == Words{"a b"});
  CHECK(split("a\\") == Words{"a\\"});
}

TEST_CASE("words beyond the limit are dropped") { CHECK(split("a b c", 2) == Words{"a", "b"}); }
