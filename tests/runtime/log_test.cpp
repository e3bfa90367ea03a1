#include "sundog/runtime/text/log.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <string>

#include "sundog/runtime/dropped.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/logged.hpp"

using namespace sundog;
using sundog::test::Logged;

namespace {

log::Source part("log_test_part");

// Counts how often it is formatted.
struct Formatted {
  int* times;
};

}  // namespace

template <>
struct fmt::formatter<Formatted> : fmt::formatter<int> {
  auto format(const Formatted& value, fmt::format_context& context) const {
    ++*value.times;
    return fmt::formatter<int>::format(*value.times, context);
  }
};

TEST_CASE("a source logs from its level up, and what is off is not formatted") {
  const Logged logged;
  int times = 0;
  log::configure("info");
  part.debug("{}", Formatted(&times));
  CHECK(times == 0);
  part.info("{}", Formatted(&times));
  CHECK(times == 1);
  CHECK(logged.lines == std::vector<std::string>{"info log_test_part: 1"});
}

TEST_CASE("levels are set for all and for each source") {
  const Logged logged;
  log::configure("error,log_test_part:debug");
  part.debug("heard");
  log::warning("not heard");
  CHECK(logged.lines.size() == 1);
  log::configure("log_test_part:off");
  part.error("not heard");
  CHECK(logged.lines.size() == 1);
  log::configure("info");
  CHECK(log::general.level() == log::Level::info);
}

TEST_CASE("an unknown level or source is refused with a sentence that helps") {
  CHECK_THROWS_WITH(log::configure("loud"),
                    "unknown log level `loud': use debug, info, warning, error or off");
  try {
    log::configure("nothere:info");
    FAIL("it must throw");
  } catch (const std::invalid_argument& error) {
    CHECK(std::string(error.what()).find("log_test_part") != std::string::npos);
  }
  CHECK_THROWS_AS(log::configure("info,,"), std::invalid_argument);
}

TEST_CASE("an exception is described with its code") {
  CHECK(describe_exception(std::make_exception_ptr(std::runtime_error("words"))) == "words");
  const std::string text = describe_exception(
      std::make_exception_ptr(std::system_error(std::make_error_code(std::errc::timed_out))));
  CHECK(text.find("generic 110") != std::string::npos);
  CHECK(describe_exception(std::make_exception_ptr(1)).find("no std::exception") !=
        std::string::npos);
}
