// What Sundog's own TCP promises beside the contracts: errors, what closing leaves behind, moves.
#include <array>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sundog/io/net/direct_stack.hpp"
#include "sundog/io/net/tcp/report.hpp"
#include "sundog/runtime/dump.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/flow.hpp"
#include "tests/contracts/stack.hpp"
#include "tests/net/direct_worlds.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using contract::text_of;

namespace {

constexpr IpAddress right_address = IpAddress::parse("192.0.2.2");

using Flows = std::pair<net::DirectConnection, net::DirectConnection>;

// From left to right.
template <class World>
Task<Flows> connected(World& in) {
  net::DirectStack left(*in.left);
  auto listener = net::DirectStack(*in.right).listen(Endpoint(right_address, 0));
  auto [client, server] = co_await join(contract::connect_to(left, listener.local_address()),
                                        contract::accept_from(listener));
  co_return Flows(std::move(client), std::move(server));
}

Task<std::error_code> connect_error(net::DirectHost& host, const char* endpoint) {
  net::DirectStack stack(host);
  co_return co_await contract::error_of(stack.connect(Endpoint::parse(endpoint)));
}

}  // namespace

TEST_CASE("where a connection cannot be made, connecting says why and names the endpoint") {
  test::OnSimulatedLan().run([](test::OnSimulatedLan& in) -> Task<void> {
    std::error_code seen = co_await connect_error(*in.left, "192.0.2.2:80");
    CHECK(seen == std::errc::connection_refused);
    seen = co_await connect_error(*in.left, "198.51.100.1:80");
    CHECK(seen == std::errc::network_unreachable);
    seen = co_await connect_error(*in.left, "[2001:db8::1]:80");
    CHECK(seen == std::errc::network_unreachable);
    seen = co_await connect_error(*in.left, "192.0.2.255:80");
    CHECK(seen == std::errc::network_unreachable);
    seen = co_await connect_error(*in.left, "192.0.2.2:0");
    CHECK(seen == std::errc::invalid_argument);
    // Nobody has this address: the neighbour is not found.
    const TimePoint before = now();
    seen = co_await connect_error(*in.left, "192.0.2.77:80");
    CHECK(seen == std::errc::host_unreachable);
    CHECK(now() - before < 10s);
    std::string what;
    try {
      static_cast<void>(co_await net::DirectStack(*in.left).connect(Endpoint(right_address, 81)));
    } catch (const std::system_error& error) {
      what = error.what();
    }
    CHECK_THAT(what, Catch::Contains("192.0.2.2:81"));
    CHECK(in.left->tcp().connection_count() == 0);
  });
}

TEST_CASE("a peer that never answers makes connecting time out; cancelled, nothing is left") {
  test::OnSimulatedLan().run([](test::OnSimulatedLan& in) -> Task<void> {
    // The neighbour is known, and silent.
    {
      auto flows = co_await connected(in);
      flows.first.reset_on_close();
    }
    in.right->ip().remove_address(1, right_address);
    const TimePoint before = now();
    const auto cancelled = co_await try_timeout(connect_error(*in.left, "192.0.2.2:80"), 2s);
    CHECK_FALSE(cancelled);
    CHECK(in.left->tcp().connection_count() == 0);
    const std::error_code seen = co_await connect_error(*in.left, "192.0.2.2:80");
    CHECK((seen == std::errc::timed_out || seen == std::errc::host_unreachable));
    CHECK(now() - before < 10min);
    CHECK(in.left->tcp().connection_count() == 0);
  });
}

TEST_CASE("what was written before closing arrives, and the connection is forgotten in time") {
  test::OnSimulatedLan().run([](test::OnSimulatedLan& in) -> Task<void> {
    auto flows = co_await connected(in);
    const std::string sent = text_of(200'000);
    const auto write = [&]() -> Task<void> {
      co_await flows.first.write(as_bytes(sent));
      flows.first.close();
    };
    auto [none, got] = co_await join(write(), contract::read_all(flows.second));
    CHECK(got == sent);
    CHECK(in.left->tcp().connection_count() == 1);
    flows.second.close();
    co_await sleep(1s);
    CHECK(in.right->tcp().connection_count() == 0);
    CHECK(in.left->tcp().time_wait_count() == 1);
    co_await sleep(2 * net::tcp::time_wait);
    CHECK(in.left->tcp().connection_count() == 0);
    CHECK(in.left->tcp().memory_bytes() == 0);
    CHECK(in.right->tcp().memory_bytes() == 0);
  });
}

TEST_CASE("a peer that goes on sending to a closed connection is told by a reset") {
  test::OnSimulatedLan().run([](test::OnSimulatedLan& in) -> Task<void> {
    auto flows = co_await connected(in);
    flows.first.close();
    std::error_code seen;
    for (int i = 0; i < 10 && !seen; ++i) {
      seen = co_await contract::error_of(contract::write_once(flows.second, as_bytes("more")));
      co_await sleep(1s);
    }
    CHECK((seen == std::errc::connection_reset || seen == std::errc::broken_pipe));
    CHECK(in.left->tcp().connection_count() == 0);
  });
}

TEST_CASE("a write that was broken off is no end of the stream for the peer") {
  test::OnSimulatedLan().run([](test::OnSimulatedLan& in) -> Task<void> {
    auto flows = co_await connected(in);
    const std::string sent = text_of(20'000'000);
    const bool written =
        co_await try_timeout(contract::write_once(flows.first, as_bytes(sent)), 5s);
    CHECK_FALSE(written);
    flows.first.close();
    const std::error_code seen = co_await contract::error_of(contract::read_all(flows.second));
    CHECK(seen == std::errc::connection_reset);
  });
}

TEST_CASE("a connection may be moved while tasks read and write on it") {
  test::OnCable().run([](test::OnCable& in) -> Task<void> {
    auto flows = co_await connected(in);
    std::array<std::byte, 8> buffer{};
    std::size_t count = 0;
    const auto read = [&]() -> Task<void> { count = co_await flows.first.read(buffer); };
    const auto move = [&]() -> Task<void> {
      co_await sleep(1ms);
      net::DirectConnection moved = std::move(flows.first);
      co_await flows.second.write(as_bytes("hello"));
      co_await sleep(10ms);
    };
    co_await join(read(), move());
    CHECK(count == 5);
  });
}

TEST_CASE("the task dump names what tasks wait for by both ends of the connection") {
  test::OnCable().run([](test::OnCable& in) -> Task<void> {
    auto flows = co_await connected(in);
    auto listener = net::DirectStack(*in.right).listen(Endpoint(right_address, 8080));
    const std::string both =
        flows.first.local_address().to_string() + " to " + flows.first.peer_address().to_string();
    std::array<std::byte, 8> buffer{};
    const std::string many = text_of(20'000'000);
    std::string dump;
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn([&]() -> Task<void> { co_await flows.first.read(buffer); });
      tasks.spawn(contract::write_once(flows.first, as_bytes(many)));
      tasks.spawn([&]() -> Task<void> { static_cast<void>(co_await listener.accept()); });
      co_await sleep(20ms);
      dump = dump_tasks();
      tasks.cancel_tasks();
    });
    CHECK_THAT(dump, Catch::Contains("read on " + both));
    CHECK_THAT(dump, Catch::Contains("write on " + both));
    CHECK_THAT(dump, Catch::Contains("connection at 192.0.2.2:8080"));
  });
}

TEST_CASE("one byte after the other arrives, with and without Nagle's algorithm") {
  for (const bool no_delay : {true, false}) {
    test::OnCable().run([no_delay](test::OnCable& in) -> Task<void> {
      auto flows = co_await connected(in);
      flows.first.set_no_delay(no_delay);
      const std::string sent = text_of(300);
      const auto write = [&]() -> Task<void> {
        for (const char& letter : sent) {
          co_await flows.first.write(as_bytes(std::string_view(&letter, 1)));
        }
        co_await flows.first.shutdown();
      };
      auto [none, got] = co_await join(write(), contract::read_all(flows.second));
      CHECK(got == sent);
    });
  }
}

TEST_CASE("a silent peer that is gone is noticed by keep-alive") {
  test::OnSimulatedLan().run([](test::OnSimulatedLan& in) -> Task<void> {
    auto flows = co_await connected(in);
    flows.first.set_keep_alive(true, 10s);
    in.right->ip().remove_address(1, right_address);
    std::array<std::byte, 8> buffer{};
    const auto seen =
        co_await try_timeout(contract::error_of(contract::read_once(flows.first, buffer)), 1h);
    REQUIRE(seen.has_value());
    CHECK((*seen == std::errc::timed_out || *seen == std::errc::host_unreachable));
  });
}

TEST_CASE("counters and what is known of a connection can be looked at") {
  test::OnCable().run([](test::OnCable& in) -> Task<void> {
    auto flows = co_await connected(in);
    co_await flows.first.write(as_bytes("hello"));
    std::array<std::byte, 8> buffer{};
    co_await flows.second.read(buffer);
    const net::tcp::Snapshot shot = flows.second.snapshot();
    CHECK(shot.state == net::tcp::State::established);
    CHECK(shot.bytes_received == 5);
    CHECK(in.left->tcp().statistics().active_opens == 1);
    CHECK(in.right->tcp().statistics().passive_opens == 1);
    const std::string report = net::tcp::report(in.left->tcp());
    CHECK_THAT(report, Catch::Contains("tcpActiveOpens 1\n"));
    CHECK_THAT(report, Catch::Contains("connections 1\n"));
    CHECK_THAT(report, Catch::Contains("ESTABLISHED " + flows.first.local_address().to_string() +
                                       " to " + flows.first.peer_address().to_string()));
    CHECK_THAT(report, Catch::Contains(" mss:1460 "));
  });
}
