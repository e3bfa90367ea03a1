// Two connections joined by a network that is not kind, in virtual time.
#include "tests/net/tcp/joined.hpp"

#include <array>

#include "tests/catch.hpp"

namespace sundog::test {
namespace {

using namespace std::chrono_literals;
using net::tcp::CongestionControl;
using net::tcp::Settings;

constexpr std::array<double, 8> losses = {0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3};
constexpr std::array<std::uint32_t, 9> buffers = {128,  256,  512,   1024, 2048,
                                                  4096, 8192, 16384, 32768};

void cells(std::size_t bytes, const Settings& common) {
  std::uint32_t seed = 1;
  for (const double loss : losses) {
    for (const std::uint32_t buffer : buffers) {
      Way way;
      way.loss = loss;
      Joined joined(seed++, way);
      Settings settings = common;
      settings.receive_buffer_max = settings.send_buffer_max = buffer;
      joined.transfer(bytes, settings, settings);
      joined.run(1000h);
      const auto result = joined.result(0);
      INFO("loss " << loss << ", buffer " << buffer << ", got " << result.received);
      CHECK(result.whole);
      CHECK(joined.memory_in_use() == 0);
    }
  }
}

}  // namespace

TEST_CASE("bytes come whole at each of 8 rates of loss through each of 9 sizes of buffers") {
  cells(20 * 1024, Settings{});
}

TEST_CASE("... and so they do without SACK, timestamps and scaling") {
  Settings settings;
  settings.selective_acknowledgements = settings.timestamps = settings.window_scaling = false;
  settings.congestion_control = CongestionControl::new_reno;
  cells(10 * 1024, settings);
}

TEST_CASE("bytes come whole through loss, reordering and duplicates at once") {
  for (std::uint32_t seed = 1; seed <= 24; ++seed) {
    Way way;
    way.loss = (seed % 4) * 0.05;
    way.reorder = (seed % 3) * 0.3;
    way.duplicate = (seed % 5) * 0.1;
    way.delay = std::chrono::milliseconds(seed % 7 * 10);
    Settings settings;
    settings.timestamps = seed % 2 == 0;
    settings.selective_acknowledgements = seed % 11 != 0;
    settings.no_delay = seed % 13 != 0;
    Joined joined(seed, way);
    joined.transfer(120'000, settings, settings, 0s, seed % 3 == 0 ? 60'000 : 0);
    joined.run(10h);
    INFO("seed " << seed << ", got " << joined.result(0).received);
    CHECK(joined.result(0).whole);
    CHECK(joined.memory_in_use() == 0);
  }
}

TEST_CASE("a single lost segment costs no timeout, wherever it is") {
  for (std::size_t lost = 0; lost < 70; lost += 3) {
    Way way;
    way.lost_segments = {lost};
    Joined joined(1, way);
    joined.transfer(100'000, Settings{}, Settings{});
    joined.run(1h);
    const auto result = joined.result(0);
    INFO("segment " << lost << " of those sent was lost");
    CHECK(result.whole);
    CHECK(result.timeouts == 0);
    // A probe, and what was lost.
    CHECK(result.resent <= 2);
    CHECK(result.took < 2s);
  }
}

TEST_CASE("several lost segments of a window are repaired without a timeout") {
  Way way;
  way.lost_segments = {12, 14, 15, 19, 23};
  Joined joined(1, way);
  joined.transfer(200'000, Settings{}, Settings{});
  joined.run(1h);
  CHECK(joined.result(0).whole);
  CHECK(joined.result(0).timeouts == 0);
  CHECK(joined.result(0).resent == 5);
}

TEST_CASE("reordering alone is not taken for loss for long") {
  Way way;
  way.reorder = 0.1;
  way.lateness = 10ms;
  Joined joined(3, way);
  joined.transfer(1'000'000, Settings{}, Settings{});
  joined.run(1h);
  CHECK(joined.result(0).whole);
  CHECK(joined.result(0).timeouts == 0);
  CHECK(joined.result(0).resent < 30);
}

TEST_CASE("without a round trip worth naming, nothing stalls") {
  Way way;
  way.delay = 0s;
  way.loss = 0.01;
  Joined joined(4, way);
  joined.transfer(1'000'000, Settings{}, Settings{});
  joined.run(1h);
  CHECK(joined.result(0).whole);
  CHECK(joined.result(0).took < 5s);
}

TEST_CASE("the receive buffer grows until it does not limit the path") {
  Way way;
  way.delay = 100ms;
  way.bytes_per_s = 2'500'000;  // 20 Mbit/s and 200 ms: 500 kB under way, 64 KiB at first
  way.queue_bytes = 500'000;
  Joined joined(5, way);
  joined.transfer(20'000'000, Settings{}, Settings{});
  joined.run(1h);
  CHECK(joined.result(0).whole);
  const double seconds = std::chrono::duration<double>(joined.result(0).took).count();
  INFO("it took " << seconds << " s");
  CHECK(20'000'000 / seconds > 0.7 * way.bytes_per_s);
}

TEST_CASE("two flows share a bottleneck") {
  for (const bool against_reno : {false, true}) {
    Way way;
    way.delay = 20ms;
    way.bytes_per_s = 250'000;  // 2 Mbit/s
    way.queue_bytes = 20'000;
    Joined joined(6, way);
    Settings other;
    if (against_reno) other.congestion_control = CongestionControl::new_reno;
    joined.transfer(100'000'000, Settings{}, Settings{});
    joined.transfer(100'000'000, other, Settings{}, 500ms);
    joined.run(60s);
    const double first = static_cast<double>(joined.result(0).received);
    const double second = static_cast<double>(joined.result(1).received);
    // Jain's index.
    const double fairness =
        (first + second) * (first + second) / (2 * (first * first + second * second));
    INFO((against_reno ? "CUBIC and NewReno: " : "CUBIC and CUBIC: ") << first << ", " << second);
    CHECK(fairness > (against_reno ? 0.8 : 0.9));
    CHECK((first + second) / 60 > 0.85 * way.bytes_per_s);
  }
}

TEST_CASE("what a connection cannot do through a dead network ends in a clean timeout") {
  Way way;
  way.loss = 1;
  Joined joined(7, way);
  joined.transfer(1000, Settings{}, Settings{});
  joined.run(1h);
  CHECK(joined.result(0).failed);
  CHECK(joined.memory_in_use() == 0);
}

}  // namespace sundog::test
