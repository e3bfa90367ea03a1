// What a program counts, as Prometheus reads it.
#include "sundog/io/metrics.hpp"

#include <string>
#include <string_view>

#include "sundog/io/run.hpp"
#include "sundog/io/runtime_metrics.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "tests/catch.hpp"

using namespace sundog;
using namespace std::chrono_literals;

TEST_CASE("figures are written as Prometheus's exposition format has them") {
  MetricsText text;
  text.counter("a_total", "All of a.", std::uint64_t{5});
  text.gauge("b", "How much b.", 7);
  text.counter("c_seconds_total", "Time for c.", 1'500'000'001ns);
  text.begin("d_total", "By kind.", "counter");
  text.value("d_total", "kind=\"" + MetricsText::escaped("x\"\\\n") + "\"", 1);
  CHECK(text.view() ==
        "# HELP a_total All of a.\n# TYPE a_total counter\na_total 5\n"
        "# HELP b How much b.\n# TYPE b gauge\nb 7\n"
        "# HELP c_seconds_total Time for c.\n# TYPE c_seconds_total counter\n"
        "c_seconds_total 1.500000001\n"
        "# HELP d_total By kind.\n# TYPE d_total counter\n"
        "d_total{kind=\"x\\\"\\\\\\n\"} 1\n");
}

TEST_CASE("a histogram counts what took no longer than each bound, and their sum") {
  DurationHistogram histogram;
  for (const Duration took : {Duration(50us), Duration(100us), Duration(101us), Duration(2h)}) {
    histogram.add(took);
  }
  CHECK(histogram.count() == 4);
  CHECK(histogram.count_up_to(0) == 2);
  CHECK(histogram.count_up_to(1) == 3);
  CHECK(histogram.count_up_to(DurationHistogram::bounds.size() - 1) == 3);
  CHECK(histogram.sum() == 2h + 251us);
  MetricsText text;
  text.histogram("t_seconds", "Times.", histogram);
  CHECK(text.view().find("\nt_seconds_bucket{le=\"0.0001\"} 2\n") != std::string_view::npos);
  CHECK(text.view().find("\nt_seconds_bucket{le=\"30\"} 3\n") != std::string_view::npos);
  CHECK(text.view().find("\nt_seconds_bucket{le=\"+Inf\"} 4\n") != std::string_view::npos);
  CHECK(text.view().find("\nt_seconds_sum 7200.000251\n") != std::string_view::npos);
}

TEST_CASE("the runtime tells its turns, tasks and timers, and what the platform knows") {
  const auto test = []() -> Task<std::string> {
    const RuntimeMetrics runtime;
    MetricsText text;
    co_await scope([&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 3; ++i) tasks.spawn(sleep(10s));
      co_await sleep(1ms);
      co_await sleep(1ms);
      runtime.write_metrics(text);
      tasks.cancel_tasks();
    });
    co_return std::string(text.view());
  };
  const std::string text = run(test());
  INFO(text);
  const auto value = [&](const std::string& name) {
    const std::size_t at = text.find("\n" + name + " ");
    return at == text.npos ? -1.0 : std::stod(text.substr(at + name.size() + 2));
  };
  // The main task, its scope's body, and three sleepers.
  CHECK(value("sundog_tasks") == 5);
  CHECK(value("sundog_timers") == 3);
  CHECK(value("sundog_loop_turns_total") >= 2);
  CHECK(value("sundog_task_steps_total") >= 3);
  CHECK(value("process_resident_memory_bytes") > 100'000);
  CHECK(value("process_open_fds") >= 1);
  CHECK(value("process_max_fds") >= value("process_open_fds"));
  CHECK(value("process_cpu_seconds_total") > 0);
}
