#include "sundog/io/parameters.hpp"

#include <array>
#include <chrono>

#include "tests/catch.hpp"

using namespace sundog;
using namespace std::chrono_literals;

namespace {

enum class Side { heads, tails };

struct Everything : Parameters {
  Parameter<std::string> text{*this, "text", "a text", "none"};
  Parameter<bool> flag{*this, "flag", "a switch", false};
  Parameter<int> count{*this, "count", "a number", 3, {1, 10}};
  Parameter<std::uint16_t> port{*this, "port", "a port", 8080};
  Parameter<double> ratio{*this, "ratio", "a ratio", 0.5, {0.0, 1.0}};
  Parameter<Duration> pause{*this, "pause", "a pause", 5s};
  Parameter<ByteCount> room{*this, "room", "a size", kibibytes(4)};
  Parameter<Side> side{
      *this, "side", "a side", Side::heads, {{"heads", Side::heads}, {"tails", Side::tails}}};
  Parameter<std::optional<std::string>> root{*this, "root", "a folder", std::nullopt};
  Parameter<std::vector<int>> list{*this, "list", "numbers", {}};
};

std::vector<ParameterProblem> parse(Parameters& set, std::vector<std::string_view> arguments) {
  const std::array sets = {&set};
  return parse_parameters(sets, arguments);
}

// The only problem's sentence.
std::string problem(std::vector<std::string_view> arguments) {
  Everything everything;
  const auto problems = parse(everything, std::move(arguments));
  REQUIRE(problems.size() == 1);
  return problems[0].sentence;
}

template <class T>
std::optional<T> value(std::string_view text) {
  return ParameterType<T>().parse(text);
}

}  // namespace

TEST_CASE("a parameter that is not given has its default") {
  Everything everything;
  CHECK(parse(everything, {}).empty());
  CHECK(*everything.text == "none");
  CHECK_FALSE(*everything.flag);
  CHECK(*everything.pause == 5s);
  CHECK_FALSE(everything.text.given());
}

TEST_CASE("a value stands behind an equals sign or in the next argument") {
  Everything everything;
  CHECK(parse(everything, {"--text=a=b c", "--count", "7", "--ratio", "0.25"}).empty());
  CHECK(*everything.text == "a=b c");
  CHECK(*everything.count == 7);
  CHECK(*everything.ratio == 0.25);
  CHECK(everything.text->size() == 5);
  CHECK(everything.count.given());
}

TEST_CASE("the last one given counts, and an empty value is a value") {
  Everything everything;
  CHECK(parse(everything, {"--text=a", "--text=", "--port=1", "--port=2"}).empty());
  CHECK(everything.text->empty());
  CHECK(*everything.port == 2);
}

TEST_CASE("a switch is set by its name alone and unset by its negation") {
  Everything everything;
  CHECK(parse(everything, {"--flag"}).empty());
  CHECK(*everything.flag);
  CHECK(parse(everything, {"--no-flag"}).empty());
  CHECK_FALSE(*everything.flag);
  CHECK(parse(everything, {"--flag=yes"}).empty());
  CHECK(*everything.flag);
  CHECK(problem({"--flag=maybe"}) == "--flag=maybe: expected true or false, as in --flag=false");
  CHECK(problem({"--no-count"}) ==
        "--no-count: --count is not switched on and off; expected a whole number from 1 to 10, as "
        "in --count=3");
}

TEST_CASE("an unknown parameter is told with the nearest known name") {
  CHECK(problem({"--prot=80"}) == "--prot=80: there is no parameter --prot; did you mean --port?");
  CHECK(problem({"--cuont"}) == "--cuont: there is no parameter --cuont; did you mean --count?");
  CHECK(problem({"--elephant=1"}) ==
        "--elephant=1: there is no parameter --elephant; --help lists the parameters");
  CHECK(problem({"--no-nonsense"}) ==
        "--no-nonsense: there is no parameter --no-nonsense; --help lists the parameters");
}

TEST_CASE("a word that is no parameter is told how to write one") {
  for (const char* word : {"port", "-p", "--", ""}) {
    CHECK(problem({word}) ==
          std::string(word) + ": not understood; write --name=value, --help lists the names");
  }
}

TEST_CASE("a malformed value is told with what was expected and an example") {
  CHECK(problem({"--count=eleven"}) ==
        "--count=eleven: expected a whole number from 1 to 10, as in --count=3");
  CHECK(problem({"--count", "11"}) ==
        "--count 11: expected a whole number from 1 to 10, as in --count=3");
  CHECK(problem({"--port=65536"}) ==
        "--port=65536: expected a whole number from 0 to 65535, as in --port=8080");
  CHECK(problem({"--pause=5"}) ==
        "--pause=5: expected a duration such as 250ms, 5s or 1h30min, as in --pause=5s");
  CHECK(problem({"--side=edge"}) == "--side=edge: expected heads or tails, as in --side=heads");
  CHECK(problem({"--count"}) ==
        "--count: a value is missing; expected a whole number from 1 to 10, as in --count=3");
  CHECK(problem({"--root"}) == "--root: a value is missing; expected a text, as in --root=...");
}

TEST_CASE("a malformed value changes nothing, and does not hide what comes after it") {
  Everything everything;
  const auto problems = parse(everything, {"--count=0", "--what", "--port=1", "--count", "--flag"});
  REQUIRE(problems.size() == 3);
  CHECK(problems[0].kind == ParameterProblem::Kind::malformed);
  CHECK(problems[1].kind == ParameterProblem::Kind::unknown);
  CHECK(problems[2].sentence.starts_with("--count: a value is missing"));
  CHECK(*everything.count == 3);
  CHECK_FALSE(everything.count.given());
  CHECK(*everything.port == 1);
  CHECK(*everything.flag);
}

TEST_CASE("several sets are parsed as one") {
  struct More : Parameters {
    Parameter<int> more{*this, "more", "a number", -1};
  } more;
  Everything everything;
  const std::array<Parameters*, 2> sets = {&everything, &more};
  const std::array<std::string_view, 3> arguments = {"--more", "-5", "--count=4"};
  CHECK(parse_parameters(sets, arguments).empty());
  CHECK(*more.more == -5);
  CHECK(*everything.count == 4);
}

TEST_CASE("whole numbers are decimal and within their range") {
  CHECK(value<int>("-12") == -12);
  CHECK(value<std::uint64_t>("18446744073709551615") == UINT64_MAX);
  for (const char* wrong : {"", " 1", "1 ", "0x10", "1e3", "+1", "--1", "99999999999"}) {
    CHECK_FALSE(value<int>(wrong));
  }
  CHECK_FALSE(value<unsigned>("-1"));
  CHECK(ParameterType<int>(1, 9).expects() == "a whole number from 1 to 9");
  CHECK(ParameterType<int>().expects() == "a whole number");
  CHECK(ParameterType<int>(1).expects() == "a whole number of at least 1");
}

TEST_CASE("numbers are finite") {
  CHECK(value<double>("-2.5e3") == -2500.0);
  for (const char* wrong : {"", "nan", "inf", "1,5", "1.5.", "0x1p3", "1e999", "one"}) {
    CHECK_FALSE(value<double>(wrong));
  }
  CHECK(ParameterType<double>(0, 1).expects() == "a number from 0 to 1");
}

TEST_CASE("durations add up their units") {
  CHECK(value<Duration>("250ms") == 250ms);
  CHECK(value<Duration>("1h30min") == 90min);
  CHECK(value<Duration>("1.5s") == 1500ms);
  CHECK(value<Duration>("2d") == 48h);
  CHECK(value<Duration>("3m") == 3min);
  CHECK(value<Duration>("10us5ns") == 10005ns);
  CHECK(value<Duration>("0") == 0s);
  CHECK(value<Duration>("9223372036854775807ns") == Duration::max());
  for (const char* wrong : {"", "5", "s", "-5s", "5 s", "5sec", "1.s", ".5s", "5s5", "1.2345678s",
                            "9223372036854775808ns", "300000d", "99999999999999999999s"}) {
    CHECK_FALSE(value<Duration>(wrong));
  }
  CHECK(ParameterType<Duration>::print(90min) == "90min");
  CHECK(ParameterType<Duration>::print(36h) == "36h");
  CHECK(ParameterType<Duration>::print(1001us) == "1001us");
  CHECK(ParameterType<Duration>(1s, 5s).expects() ==
        "a duration such as 250ms, 5s or 1h30min, from 1s to 5s");
  CHECK(ParameterType<Duration>(1s).expects() ==
        "a duration such as 250ms, 5s or 1h30min, of at least 1s");
}

TEST_CASE("sizes know the units of 1024 and of 1000") {
  CHECK(value<ByteCount>("512") == ByteCount{512});
  CHECK(value<ByteCount>("4KiB") == kibibytes(4));
  CHECK(value<ByteCount>("1.5MiB") == kibibytes(1536));
  CHECK(value<ByteCount>("10MB") == ByteCount{10'000'000});
  CHECK(value<ByteCount>("7B") == ByteCount{7});
  CHECK(value<ByteCount>("0") == ByteCount{0});
  for (const char* wrong : {"", "KiB", "4K", "4 KiB", "4KiB1", "-1", "4KiB4KiB", "99999999TiB"}) {
    CHECK_FALSE(value<ByteCount>(wrong));
  }
  CHECK(ParameterType<ByteCount>::print(mebibytes(3)) == "3MiB");
  CHECK(ParameterType<ByteCount>::print({1000}) == "1000B");
  CHECK(ParameterType<ByteCount>({1}, kibibytes(1)).expects() ==
        "a size such as 512, 4KiB or 10MB, from 1B to 1KiB");
}

TEST_CASE("an optional parameter is nothing unless given") {
  Everything everything;
  CHECK_FALSE(everything.root->has_value());
  CHECK(parse(everything, {"--root=/srv"}).empty());
  CHECK(*everything.root == "/srv");
  CHECK(parse(everything, {"--root="}).empty());
  CHECK_FALSE(everything.root->has_value());
}

TEST_CASE("a list has commas between its elements") {
  CHECK(value<std::vector<int>>("1,2,3") == std::vector{1, 2, 3});
  CHECK(value<std::vector<int>>("")->empty());
  CHECK(value<std::vector<std::string>>("a,,b") == std::vector<std::string>{"a", "", "b"});
  for (const char* wrong : {",", "1,", ",1", "1,,2", "1;2"})
    CHECK_FALSE(value<std::vector<int>>(wrong));
  CHECK(ParameterType<std::vector<int>>().print({4, 5}) == "4,5");
}

TEST_CASE("the description names every parameter with its doc, what it takes and its default") {
  Everything everything;
  const std::string text = describe_parameters(everything);
  CHECK(
      text.starts_with("  --text              a text\n"
                       "                      a text; default: none\n"
                       "  --flag              a switch\n"
                       "                      true or false; default: false\n"));
  CHECK(text.find("  --root              a folder\n"
                  "                      a text; nothing unless given\n") != std::string::npos);
}
