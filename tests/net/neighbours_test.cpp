// The cache of neighbours' addresses, on a made-up clock.
#include "sundog/io/net/interface/neighbours.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "tests/catch.hpp"
#include "tests/net/made_up_ticks.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using net::NeighbourCache;
using State = net::NeighbourCache::State;

namespace {

const MacAddress mac_a({2, 0, 0, 0, 0, 0xa});
const MacAddress mac_b({2, 0, 0, 0, 0, 0xb});

IpAddress host(unsigned number) {
  return IpAddress::v4(
      {10, 0, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
}

// Notes what the cache asks for.
struct Surroundings final : net::NeighbourUser {
  struct Question {
    TimePoint time;
    IpAddress neighbour;
    std::optional<MacAddress> known;
  };
  explicit Surroundings(net::Ticks& ticks) : clock(ticks) {}

  void ask(const IpAddress& neighbour, std::optional<MacAddress> known) noexcept override {
    questions.push_back({clock.now(), neighbour, known});
  }
  void resolved(MacAddress target, net::WaitingFrames& frames) noexcept override {
    while (const auto frame = frames.take_first()) {
      sent.emplace_back(target, std::to_integer<int>(frame->bytes()[0]));
    }
  }
  void unanswered(const IpAddress& neighbour, net::WaitingFrames& frames) noexcept override {
    given_up.push_back(neighbour);
    lost += frames.count();
    frames.clear();
  }

  net::Ticks& clock;
  std::vector<Question> questions;
  std::vector<std::pair<MacAddress, int>> sent;
  std::vector<IpAddress> given_up;
  std::size_t lost = 0;
};

struct Fixture {
  test::MadeUpTicks ticks;
  Surroundings around{ticks};
  net::FrameBudget budget{100'000};
  NeighbourCache cache{ticks, around};

  void hold(const IpAddress& neighbour, int mark) {
    const std::array<std::byte, 1> frame = {static_cast<std::byte>(mark)};
    const std::array<Bytes, 1> pieces = {frame};
    cache.hold(neighbour, net::WaitingFrame::make(budget, pieces, PacketOffload()));
  }
  void answer(const IpAddress& neighbour, MacAddress mac) {
    cache.learn(neighbour, {.mac = mac, .solicited = true});
  }
};

}  // namespace

TEST_CASE("packets wait for an unknown neighbour, and leave in order when it has answered") {
  Fixture f;
  CHECK_FALSE(f.cache.find(host(1)));
  f.hold(host(1), 1);
  CHECK_FALSE(f.cache.find(host(1)));
  f.hold(host(1), 2);
  CHECK(f.around.questions.size() == 1);
  CHECK_FALSE(f.around.questions[0].known);
  f.answer(host(1), mac_a);
  CHECK(f.around.sent == std::vector<std::pair<MacAddress, int>>{{mac_a, 1}, {mac_a, 2}});
  CHECK(f.cache.find(host(1)) == mac_a);
  CHECK(f.cache.state(host(1)) == State::reachable);
  CHECK(f.budget.left() == 100'000);
}

TEST_CASE("a neighbour is asked for once a second, three times, and then its packets are lost") {
  Fixture f;
  for (int i = 0; i < 50; ++i) {
    if (f.around.given_up.empty()) {
      CHECK_FALSE(f.cache.find(host(1)));
      f.hold(host(1), i);
    }
    f.ticks.pass(100ms);
  }
  REQUIRE(f.around.questions.size() == 3);
  for (std::size_t i = 1; i < 3; ++i) {
    CHECK(f.around.questions[i].time - f.around.questions[i - 1].time == 1s);
  }
  CHECK(f.around.given_up == std::vector{host(1)});
  CHECK(f.around.lost > 0);
  CHECK(f.cache.size() == 0);
  CHECK(f.budget.left() == 100'000);
  CHECK(f.ticks.idle());
}

TEST_CASE("of the packets that wait for a neighbour the newest are kept") {
  Fixture f;
  CHECK_FALSE(f.cache.find(host(1)));
  const int count = static_cast<int>(net::limits::held_packets) + 3;
  for (int i = 0; i < count; ++i) f.hold(host(1), i);
  f.answer(host(1), mac_a);
  REQUIRE(f.around.sent.size() == net::limits::held_packets);
  CHECK(f.around.sent.front().second == 3);
  CHECK(f.around.sent.back().second == count - 1);
  CHECK(f.cache.dropped() == 3);
}

TEST_CASE("a neighbour that transports hear of is never asked again") {
  Fixture f;
  f.cache.find(host(1));
  f.answer(host(1), mac_a);
  for (int i = 0; i < 600; ++i) {
    f.ticks.pass(1s);
    CHECK(f.cache.find(host(1)) == mac_a);
    f.cache.confirm(host(1));
  }
  CHECK(f.around.questions.size() == 1);
}

TEST_CASE("a neighbour that is in use is asked itself now and then, and not forgotten") {
  Fixture f;
  f.cache.find(host(1));
  f.answer(host(1), mac_a);
  f.ticks.pass(31s);
  CHECK(f.cache.state(host(1)) == State::stale);
  CHECK(f.cache.find(host(1)) == mac_a);
  CHECK(f.cache.state(host(1)) == State::delay);
  f.ticks.pass(4900ms);
  CHECK(f.around.questions.size() == 1);
  f.ticks.pass(200ms);
  REQUIRE(f.around.questions.size() == 2);
  CHECK(f.around.questions[1].known == mac_a);
  CHECK(f.cache.state(host(1)) == State::probe);
  // Packets go on leaving meanwhile.
  CHECK(f.cache.find(host(1)) == mac_a);
  f.answer(host(1), mac_a);
  CHECK(f.cache.state(host(1)) == State::reachable);
  f.ticks.pass(10min);
  CHECK(f.around.questions.size() == 2);
}

TEST_CASE("a neighbour that does not answer any more is forgotten, and then asked for anew") {
  Fixture f;
  f.cache.find(host(1));
  f.answer(host(1), mac_a);
  f.ticks.pass(31s);
  f.cache.find(host(1));
  f.ticks.pass(5s + 3s);
  CHECK(f.around.questions.size() == 1 + 3);
  CHECK(f.cache.state(host(1)) == State::unused);
  CHECK_FALSE(f.cache.find(host(1)));
  CHECK_FALSE(f.around.questions.back().known);
}

TEST_CASE("what nobody asked for makes an entry only where it should, and is not quite believed") {
  Fixture f;
  f.cache.learn(host(1), {.mac = mac_a});
  CHECK(f.cache.size() == 0);
  f.cache.learn(host(1), {.mac = mac_a, .creates = true});
  CHECK(f.cache.state(host(1)) == State::stale);
  CHECK(f.cache.find(host(1)) == mac_a);
}

TEST_CASE("another address replaces a known one only where the news says so") {
  Fixture f;
  f.cache.find(host(1));
  f.answer(host(1), mac_a);
  f.cache.learn(host(1), {.mac = mac_b, .replaces = false});
  CHECK(f.cache.find(host(1)) == mac_a);
  CHECK(f.cache.state(host(1)) == State::delay);
  f.cache.learn(host(1), {.mac = mac_b, .replaces = true});
  CHECK(f.cache.state(host(1)) == State::stale);
  CHECK(f.cache.find(host(1)) == mac_b);
  // The same again confirms nothing, and takes nothing back.
  f.answer(host(1), mac_b);
  f.cache.learn(host(1), {.mac = mac_b});
  CHECK(f.cache.state(host(1)) == State::reachable);
}

TEST_CASE("when there are too many neighbours, the one unused for longest makes room") {
  Fixture f;
  for (unsigned i = 0; i < net::limits::neighbours; ++i) {
    f.cache.learn(host(i), {.mac = mac_a, .creates = true});
    f.ticks.pass(1ms);
  }
  f.cache.find(host(0));
  f.cache.learn(host(1000), {.mac = mac_b, .creates = true});
  CHECK(f.cache.size() == net::limits::neighbours);
  CHECK(f.cache.find(host(1000)) == mac_b);
  CHECK(f.cache.state(host(0)) != State::unused);
  CHECK(f.cache.state(host(1)) == State::unused);
}

TEST_CASE("a scan of unknown neighbours takes few entries from the known ones") {
  Fixture f;
  for (unsigned i = 0; i < net::limits::neighbours / 2; ++i) {
    f.cache.learn(host(i), {.mac = mac_a, .creates = true});
  }
  for (unsigned i = 0; i < 5000; ++i) f.cache.find(host(10'000 + i));
  for (unsigned i = 0; i < net::limits::neighbours / 2; ++i) {
    CHECK(f.cache.state(host(i)) != State::unused);
  }
  CHECK(f.cache.size() == net::limits::neighbours / 2 + net::limits::unresolved_neighbours);
}
