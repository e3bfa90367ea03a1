// Random bytes for keys (io/xen/random.cpp), on a machine made up for it: what counts as entropy,
// and when none are given.
#include "sundog/io/xen/random.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

#include "sundog/io/xen/seed.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/random.hpp"
#include "tests/xen/made_up_machine.hpp"

namespace sundog::xen {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t answer_max = 1024;

// A domain has one generator, so each of these is booted in a process of its own. Gives what
// it says.
std::string in_a_domain(const std::function<std::string()>& boot) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string answer = boot();
    const auto written = write(ends[1], answer.data(), answer.size());
    _exit(written == static_cast<ssize_t>(answer.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string answer(answer_max, '\0');
  std::size_t size = 0;
  for (;;) {
    const ssize_t count = read(ends[0], answer.data() + size, answer.size() - size);
    if (count <= 0) break;
    size += static_cast<std::size_t>(count);
  }
  close(ends[0]);
  int status = 1;
  waitpid(child, &status, 0);
  REQUIRE(status == 0);
  answer.resize(size);
  return answer;
}

std::string draw() {
  std::string bytes(40, '\0');
  XenRandom().fill(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

// "given", or why not.
std::string try_to_draw() {
  try {
    draw();
    return "given";
  } catch (const std::system_error& error) {
    return error.what();
  }
}

TEST_CASE("where nothing counts as entropy no bytes are given, and the message says what to do") {
  const std::string message = in_a_domain([] {
    made_up::processor = {};
    return try_to_draw();
  });
  CAPTURE(message);
  REQUIRE(message.starts_with("not enough randomness for keys: 0 bits of 256"));
  REQUIRE(message.find("holds no seed") != std::string::npos);
  REQUIRE(message.find("xenstore-write /local/domain/$(xl domid NAME)/data/seed") !=
          std::string::npos);
}

TEST_CASE("a processor that gives the same number again and again counts for nothing") {
  const std::string message = in_a_domain([] {
    made_up::processor = {true, true, 0x1234567812345678};
    return try_to_draw();
  });
  CAPTURE(message);
  REQUIRE(message.starts_with("not enough randomness for keys: 0 bits"));
  const std::string ones = in_a_domain([] {
    made_up::processor = {true, true, ~std::uint64_t{0}};
    return try_to_draw();
  });
  REQUIRE(ones.starts_with("not enough randomness for keys: 0 bits"));
}

TEST_CASE("a seed of 64 characters is enough by itself, one of 63 is not") {
  const auto with_seed = [](std::size_t size) {
    return in_a_domain([size] {
      made_up::processor = {};
      made_up::seed_in_store = std::string(size, 's');
      return try_to_draw();
    });
  };
  REQUIRE(with_seed(64) == "given");
  const std::string message = with_seed(63);
  CAPTURE(message);
  REQUIRE(message.starts_with("not enough randomness for keys: 252 bits of 256"));
  REQUIRE(message.find("too short a seed") != std::string::npos);
}

TEST_CASE("a seed that was taken at boot counts, and one that comes after a refusal") {
  REQUIRE(in_a_domain([] {
            made_up::processor = {};
            keep_seed(std::string(64, 'b'));
            return try_to_draw();
          }) == "given");
  REQUIRE(in_a_domain([] {
            made_up::processor = {};
            const std::string before = try_to_draw();
            made_up::seed_in_store = std::string(64, 'l');
            return before == "given" ? "given too early" : try_to_draw();
          }) == "given");
}

TEST_CASE(
    "two domains of one image differ in a single character of their seeds, and in all bytes") {
  const auto with_seed = [](char last) {
    return in_a_domain([last] {
      made_up::processor = {};
      made_up::seed_in_store = std::string(63, 's') + last;
      return draw();
    });
  };
  const std::string one = with_seed('1');
  const std::string other = with_seed('2');
  REQUIRE(one == with_seed('1'));
  std::size_t same = 0;
  for (std::size_t i = 0; i < one.size(); ++i) same += one[i] == other[i] ? 1 : 0;
  REQUIRE(same < 8);
}

// What comes second, after `between`, from one processor or from another.
std::string drawn_after(const std::function<void()>& between, std::uint64_t word) {
  return in_a_domain([&] {
    made_up::processor = {true, false, 1};
    draw();
    between();
    made_up::processor.word = word;
    return draw();
  });
}
bool is_seeded_again(const std::function<void()>& between) {
  return drawn_after(between, 2) != drawn_after(between, 3);
}

TEST_CASE(
    "it is seeded again after a resume, after a pause, and after many bytes, and not before") {
  REQUIRE_FALSE(is_seeded_again([] {}));
  REQUIRE(is_seeded_again([] { made_up::resume(); }));
  const auto pass = [](std::chrono::nanoseconds time) {
    return [time] { made_up::time_ns += static_cast<std::uint64_t>(time.count()); };
  };
  REQUIRE(is_seeded_again(pass(reseed_pause)));
  REQUIRE_FALSE(is_seeded_again(pass(reseed_pause - 1ns)));
  const auto take = [](std::size_t size) {
    return [size] {
      std::vector<std::byte> bytes(size);
      XenRandom().fill(bytes);
    };
  };
  REQUIRE(is_seeded_again(take(reseed_bytes - 40)));
  REQUIRE_FALSE(is_seeded_again(take(reseed_bytes - 41)));
}

// The last one: it makes a generator in this process, which those above must begin without.
TEST_CASE("the domain's generator keeps the contract of Random") {
  made_up::processor = {true, false, 1};
  contract::random([] { return XenRandom(); });
}

}  // namespace
}  // namespace sundog::xen
