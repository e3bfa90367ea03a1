// Networks that lose, double, damage, delay and reorder, and Sundog's stack over them.
#include "sundog/io/net/device/faulty.hpp"

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/memory/network_cable.hpp"
#include "sundog/io/sim/lan.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/datagram.hpp"
#include "tests/contracts/network.hpp"
#include "tests/net/direct_worlds.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using net::Faulty;
using net::NetworkFaults;

static_assert(Network<Faulty<CableEnd>>);

namespace {

struct Came {
  std::size_t number;  // `sent` for one that is damaged
  TimePoint time;
  bool operator==(const Came&) const = default;
};

constexpr std::size_t sent = 500;

// Numbered frames, 1 ms apart, through a line with these faults; in virtual time.
std::vector<Came> send_through(const NetworkFaults& faults, std::uint64_t seed,
                               Duration apart = 1ms) {
  std::vector<Came> came;
  sim::World world(1, sim::FaultPlan());
  sim::Host& host = world.add_host("host");
  host.start([&]() -> Task<void> {
    auto ends = network_cable();
    CableEnd& left = ends.first;
    Faulty right(std::move(ends.second), faults, seed);
    const TimePoint start = now();
    const auto send_all = [&]() -> Task<void> {
      for (std::size_t i = 0; i < sent; ++i) {
        co_await contract::send_frame(left, right.mac(), 100 + i, i);
        if (apart != Duration::zero()) co_await sleep(apart);
      }
    };
    const auto receive_all = [&]() -> Task<void> {
      for (;;) {
        const auto frame = co_await contract::next_frame(right);
        const std::size_t number = frame.size() - 100;
        const bool whole =
            frame == contract::frame_of(frame.size(), right.mac(), left.mac(), number);
        came.push_back({whole ? number : sent, TimePoint(now() - start)});
      }
    };
    co_await join(send_all(), try_timeout(receive_all(), 30s));
  });
  world.run();
  return came;
}

std::size_t out_of_order(const std::vector<Came>& came) {
  std::size_t count = 0;
  for (std::size_t i = 1; i < came.size(); ++i) {
    if (came[i].number < came[i - 1].number) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("a network without faults gives every frame, in order") {
  const std::vector<Came> came = send_through({}, 1);
  REQUIRE(came.size() == sent);
  CHECK(out_of_order(came) == 0);
  CHECK(came.back().number == sent - 1);
}

TEST_CASE("a faulty network loses, doubles, damages and reorders about as many as it should") {
  const std::vector<Came> lossy = send_through({.loss = 0.2}, 1);
  CHECK(lossy.size() > sent * 7 / 10);
  CHECK(lossy.size() < sent * 9 / 10);
  CHECK(out_of_order(lossy) == 0);
  CHECK(send_through({.loss = 1}, 1).empty());

  const std::vector<Came> doubled = send_through({.duplication = 0.2}, 1);
  CHECK(doubled.size() > sent * 11 / 10);
  CHECK(doubled.size() < sent * 13 / 10);

  const std::vector<Came> damaged = send_through({.damage = 0.2}, 1);
  CHECK(damaged.size() == sent);
  const auto wrong = std::ranges::count(damaged, sent, &Came::number);
  CHECK(wrong > static_cast<std::ptrdiff_t>(sent / 10));
  CHECK(wrong < static_cast<std::ptrdiff_t>(sent * 3 / 10));

  const std::vector<Came> reordered = send_through({.reordering = 0.2, .reordered_by = 200ms}, 1);
  CHECK(reordered.size() == sent);
  CHECK(out_of_order(reordered) > sent / 10);
}

TEST_CASE("what a faulty network does is a function of its seed") {
  const NetworkFaults faults{.loss = 0.1, .duplication = 0.1, .damage = 0.1, .jitter = 3ms};
  CHECK(send_through(faults, 5) == send_through(faults, 5));
  CHECK(send_through(faults, 5) != send_through(faults, 6));
}

TEST_CASE("a slow line is as fast as it should be, and loses what would wait too long") {
  const std::vector<Came> late = send_through({.delay = 50ms}, 1);
  REQUIRE(late.size() == sent);
  CHECK(late.front().time >= TimePoint(50ms));

  // 174,750 bytes in all: 17.475 s, and they are sent in less.
  NetworkFaults slow;
  slow.bytes_per_s = 10'000;
  slow.queue_max = 20s;
  const std::vector<Came> through = send_through(slow, 1);
  REQUIRE(through.size() == sent);
  CHECK(through.back().time >= TimePoint(17'475ms));
  CHECK(through.back().time <= TimePoint(19s));

  slow.queue_max = 200ms;
  const std::vector<Came> fewer = send_through(slow, 1);
  CHECK(fewer.size() < sent / 2);
  CHECK(fewer.size() > sent / 20);
}

TEST_CASE("no damaged datagram reaches a socket, and none is made up") {
  sim::World world(1, sim::FaultPlan());
  sim::Host& host = world.add_host("host");
  host.start([&]() -> Task<void> {
    test::SeededRandom random;
    net::DirectHost one(random);
    net::DirectHost other(random);
    auto ends = network_cable();
    const NetworkFaults faults{
        .loss = 0.05, .duplication = 0.05, .damage = 0.3, .reordering = 0.1, .jitter = 2ms};
    test::connect_device(one, Faulty(std::move(ends.first), faults, 1), 1);
    test::connect_device(other, Faulty(std::move(ends.second), faults, 2), 2);
    std::set<std::string> sent_texts;
    std::size_t got = 0;
    const auto body = [&]() -> Task<void> {
      auto a = net::DirectStack(one).datagrams(Endpoint::parse("192.0.2.1:0"));
      auto b = net::DirectStack(other).datagrams(Endpoint::parse("192.0.2.2:0"));
      const auto send_all = [&]() -> Task<void> {
        for (int i = 0; i < 300; ++i) {
          // Some in fragments.
          const std::string text =
              std::to_string(i) + std::string(static_cast<std::size_t>(i) * 17, 'x');
          sent_texts.insert(text);
          co_await a.send(as_bytes(text), b.local_address());
          co_await sleep(20ms);
        }
      };
      const auto receive_all = [&]() -> Task<void> {
        for (;;) {
          const std::string text = co_await contract::receive_text(b, 10'000);
          CHECK(sent_texts.contains(text));
          ++got;
        }
      };
      co_await join(send_all(), try_timeout(receive_all(), 30s));
    };
    co_await test::run_beside(body(), one, other);
    CHECK(got > 50);
    CHECK(other.ip().statistics4().wrong_checksums > 0);
  });
  world.run();
}
