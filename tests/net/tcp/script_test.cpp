// All scenarios of tests/net/tcp/scripts, each against a connection of its own.
#include "tests/net/tcp/script.hpp"

#include <string>
#include <string_view>

#include "tests/catch.hpp"
#include "tests/net/tcp/tcp_scripts.hpp"

namespace sundog::test {

TEST_CASE("TCP does what the scripts say") {
  std::size_t count = 0;
  for (const EmbeddedFile& file : tcp_scripts.files()) {
    if (!file.name().ends_with(".script")) continue;
    const Bytes bytes = file.contents();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (const Scenario& scenario : scenarios_in(file.name(), text)) {
      ++count;
      CHECK(scenario.name.starts_with("RFC "));
      const std::string wrong = run_scenario(scenario);
      if (!wrong.empty()) FAIL_CHECK(wrong);
    }
  }
  CHECK(count >= 200);
}

TEST_CASE("a script says what it expected, what came instead, and when") {
  const auto result = [](std::string_view text) {
    return run_scenario(scenarios_in("a.script", text).at(0));
  };
  const std::string opened = "== RFC 9293: x\nestablished\nwrite 10\n";
  CHECK(result(opened + "> P. 1:11 ack 1\n").empty());
  CHECK_THAT(result(opened), Catch::Contains("nobody expected   > P. 1:11 ack 1"));
  CHECK_THAT(result(opened + "> P. 1:12 ack 1\n"),
             Catch::Contains("a.script:4: RFC 9293: x") &&
                 Catch::Contains("expected          > P. 1:12 ack 1\nbut there came    > P. 1:11"));
  CHECK_THAT(result(opened + "> P. 1:11\n> . 11\n"), Catch::Contains("but nothing was sent"));
  CHECK_THAT(result(opened + "> P. 1:11\nstate CLOSED\n"),
             Catch::Contains("the state is ESTABLISHED"));
  CHECK_THAT(result("== RFC 9293: x\ndance\n"), Catch::Contains("no such command: dance"));
}

}  // namespace sundog::test
