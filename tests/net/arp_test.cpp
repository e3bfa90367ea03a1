// ARP on a network whose other machine does what the test says (RFC 826, RFC 5227).
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sundog/timers/sleep.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/datagram.hpp"
#include "tests/net/raw_peer.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using net::wire::Arp;
using test::machine_address;
using test::peer_address;
using test::RawPeer;

namespace {

Arp question_from(const RawPeer& peer, const IpAddress& target) {
  return {Arp::Operation::request, peer.mac(), peer_address, MacAddress(), target};
}

net::NeighbourCache& neighbours_of(net::DirectHost& machine) {
  return *machine.ip().interface(1).neighbours(IpAddress::Family::v4);
}

struct Claimant final : net::AddressClaimant {
  void claimed(const Prefix& address) noexcept override { got = address; }
  void lost(const Prefix&) noexcept override { ++losses; }
  std::optional<Prefix> got;
  int losses = 0;
};

constexpr Prefix claimed_prefix = Prefix::parse("192.0.2.7/24");
constexpr IpAddress claimed_address = IpAddress::parse("192.0.2.7");

}  // namespace

TEST_CASE("whoever asks for this machine's address is answered, itself alone, and then known") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await peer.send_arp(question_from(peer, machine_address));
    const auto answer = co_await peer.next_arp();
    REQUIRE(answer);
    CHECK(*answer ==
          Arp{Arp::Operation::reply, peer.machine_mac, machine_address, peer.mac(), peer_address});
    CHECK(peer.last_target == peer.mac());
    CHECK(neighbours_of(machine).find(peer_address) == peer.mac());
  });
}

TEST_CASE("questions for others' addresses are not answered, and make nobody known") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await peer.send_arp(question_from(peer, IpAddress::parse("192.0.2.77")));
    const auto answer = co_await peer.next_arp();
    CHECK_FALSE(answer);
    CHECK(neighbours_of(machine).size() == 0);
  });
}

TEST_CASE("a probe for this machine's address is answered, and its sender's address not learned") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    Arp probe = question_from(peer, machine_address);
    probe.sender = IpAddress::any_v4();
    co_await peer.send_arp(probe);
    const auto answer = co_await peer.next_arp();
    REQUIRE(answer);
    CHECK(answer->sender == machine_address);
    CHECK(neighbours_of(machine).size() == 0);
  });
}

TEST_CASE("nobody tells this machine who has its own address, a group or a broadcast address") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    for (const char* sender : {"192.0.2.1", "224.0.0.1", "192.0.2.255", "255.255.255.255"}) {
      Arp question = question_from(peer, machine_address);
      question.sender = IpAddress::parse(sender);
      co_await peer.send_arp(question);
    }
    Arp question = question_from(peer, machine_address);
    question.sender_mac = MacAddress::broadcast();
    co_await peer.send_arp(question);
    co_await sleep(100ms);
    CHECK(neighbours_of(machine).size() == 0);
  });
}

TEST_CASE("a neighbour that announces another device is believed") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await peer.send_arp(question_from(peer, machine_address));
    co_await sleep(10ms);
    const MacAddress other({2, 0, 0, 0, 0, 0x99});
    Arp announcement = question_from(peer, peer_address);
    announcement.sender_mac = other;
    co_await peer.send_arp(announcement);
    co_await sleep(10ms);
    CHECK(neighbours_of(machine).find(peer_address) == other);
    // One that nobody here talks to is not kept.
    announcement.sender = announcement.target = IpAddress::parse("192.0.2.50");
    co_await peer.send_arp(announcement);
    co_await sleep(10ms);
    CHECK(neighbours_of(machine).size() == 1);
  });
}

TEST_CASE("a flood of datagrams to a neighbour that is silent asks for it once a second") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine_address, 0));
    const auto flood = [&]() -> Task<void> {
      for (;;) {
        co_await socket.send(as_bytes("flood"), Endpoint::parse("192.0.2.77:9"));
        co_await sleep(1ms);
      }
    };
    std::vector<TimePoint> asked;
    const auto count = [&]() -> Task<void> {
      for (;;) {
        const auto question = co_await peer.next_arp(10s);
        if (question && question->target == IpAddress::parse("192.0.2.77")) asked.push_back(now());
      }
    };
    co_await try_timeout(join(flood(), count()), 10s);
    REQUIRE(asked.size() >= 8);
    for (std::size_t i = 1; i < asked.size(); ++i) CHECK(asked[i] - asked[i - 1] >= 900ms);
  });
}

TEST_CASE("an address is probed for three times, used after that, and announced twice") {
  test::with_raw_peer(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        Claimant claimant;
        machine.ip().arp(1).claim(claimed_prefix, claimant);
        for (int i = 0; i < 3; ++i) {
          const auto probe = co_await peer.next_arp(3s);
          REQUIRE(probe);
          CHECK(probe->operation == Arp::Operation::request);
          CHECK(probe->sender.is_any());
          CHECK(probe->target == claimed_address);
          CHECK_FALSE(machine.ip().is_own(claimed_address));
        }
        for (int i = 0; i < 2; ++i) {
          const auto announcement = co_await peer.next_arp(3s);
          REQUIRE(announcement);
          CHECK(announcement->sender == claimed_address);
          CHECK(announcement->target == claimed_address);
          CHECK(machine.ip().is_own(claimed_address));
        }
        CHECK(claimant.got == claimed_prefix);
        const auto more = co_await peer.next_arp(20s);
        CHECK_FALSE(more);
        machine.ip().arp(1).give_up(claimed_address);
      },
      false);
}

TEST_CASE("an address that another machine has, or wants as well, is not used") {
  for (const bool wants : {false, true}) {
    CAPTURE(wants);
    test::with_raw_peer(
        [wants](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
          Claimant claimant;
          machine.ip().arp(1).claim(claimed_prefix, claimant);
          co_await peer.next_arp(3s);
          Arp arp{Arp::Operation::reply, peer.mac(), claimed_address, peer.machine_mac,
                  IpAddress::any_v4()};
          if (wants)
            arp = {Arp::Operation::request, peer.mac(), IpAddress::any_v4(), MacAddress(),
                   claimed_address};
          co_await peer.send_arp(arp);
          co_await sleep(10s);
          CHECK(claimant.losses == 1);
          CHECK_FALSE(claimant.got);
          CHECK(machine.ip().interface(1).addresses().empty());
        },
        false);
  }
}

TEST_CASE("an address in use is defended once in ten seconds, and given up at the second attack") {
  test::with_raw_peer(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        Claimant claimant;
        machine.ip().arp(1).claim(claimed_prefix, claimant);
        for (int i = 0; i < 5; ++i) co_await peer.next_arp(3s);
        REQUIRE(claimant.got);
        const Arp attack{Arp::Operation::request, peer.mac(), claimed_address, MacAddress(),
                         claimed_address};
        for (int i = 0; i < 2; ++i) {
          co_await peer.send_arp(attack);
          const auto defence = co_await peer.next_arp();
          REQUIRE(defence);
          CHECK(defence->sender == claimed_address);
          co_await sleep(11s);
        }
        CHECK(claimant.losses == 0);
        co_await peer.send_arp(attack);
        co_await peer.send_arp(attack);
        co_await sleep(100ms);
        CHECK(claimant.losses == 1);
        CHECK_FALSE(machine.ip().is_own(claimed_address));
      },
      false);
}
