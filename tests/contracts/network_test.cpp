// The contract of Network, on every implementation, and what each promises beside it.
#include "tests/contracts/network.hpp"

#include <sys/socket.h>

#include <optional>
#include <set>
#include <utility>

#include "sundog/io/memory/network_cable.hpp"
#include "sundog/io/run.hpp"
#include "sundog/io/sim/lan.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/io/unix/tap.hpp"
#include "tests/unix/each_poller.hpp"

using namespace sundog;
using namespace std::chrono_literals;

namespace {

struct OnCable {
  void run(auto body) { sundog::run(body(*this)); }
  Task<std::pair<CableEnd, CableEnd>> open() { co_return network_cable(); }
  void set_link(CableEnd& left, CableEnd&, bool up) {
    if (up) {
      left.plug_in();
    } else {
      left.unplug();
    }
  }
};

// Both on one host, whose frames no fault of the links strikes.
struct OnSimulatedLan {
  void run(auto body) {
    sim::World world(1, sim::FaultPlan());
    host = &world.add_host("host");
    host->start([&] { return body(*this); });
    world.run();
  }
  Task<std::pair<sim::SimNetwork, sim::SimNetwork>> open() {
    co_return std::pair(sim::SimNetwork(*host, "lan"), sim::SimNetwork(*host, "lan"));
  }
  void set_link(sim::SimNetwork& left, sim::SimNetwork& right, bool up) {
    left.set_link(up);
    right.set_link(up);
  }
  sim::Host* host = nullptr;
};

}  // namespace

namespace {

// TAP devices handed in as descriptors: two ends of a socket stand for the host's side of each.
struct OnTapDescriptors {
  void run(auto body) {
    test::on_each_poller([&] { return body(*this); });
  }
  Task<std::pair<TapNetwork, TapNetwork>> open() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    co_return std::pair(TapNetwork(Descriptor(ends[0]), MacAddress({2, 0, 0, 0, 0, 1})),
                        TapNetwork(Descriptor(ends[1]), MacAddress({2, 0, 0, 0, 0, 2})));
  }
  void set_link(TapNetwork& left, TapNetwork& right, bool up) {
    left.set_link(up);
    right.set_link(up);
  }
};

}  // namespace

TEST_CASE("a TAP device's descriptor keeps the contract of Network") {
  contract::network(OnTapDescriptors());
}

TEST_CASE("a cable keeps the contract of Network") { contract::network(OnCable()); }

TEST_CASE("a simulated LAN keeps the contract of Network") { contract::network(OnSimulatedLan()); }

TEST_CASE("an accepted partial checksum comes as it was sent") {
  const auto test = []() -> Task<void> {
    auto ends = network_cable();
    auto& [left, right] = ends;
    right.accept(left.offloads());
    TransmitBuffer buffer = co_await left.buffer(60);
    contract::write_frame(buffer.bytes(), right.mac(), left.mac(), 1);
    PacketOffload offload;
    offload.checksum = Checksum::partial;
    offload.checksum_start = 34;
    offload.checksum_offset = 6;
    left.send(std::move(buffer), offload);
    const ReceivedPacket packet = co_await right.receive();
    CHECK(packet.offload() == offload);
    CHECK(contract::bytes_of(packet) == contract::frame_of(60, right.mac(), left.mac(), 1));
  };
  run(test());
}

TEST_CASE("an end of a cable whose other end is gone has no link") {
  const auto test = []() -> Task<void> {
    auto ends = network_cable();
    std::optional<CableEnd> right(std::move(ends.second));
    co_await contract::send_frame(ends.first, right->mac(), 60, 1);
    right.reset();
    const bool up = co_await ends.first.link_changed(true);
    CHECK_FALSE(up);
  };
  run(test());
}

TEST_CASE("addresses of network devices are read and written") {
  constexpr auto address = MacAddress::parse("00:16:3e:Ab:cD:09");
  static_assert(address == MacAddress({0x00, 0x16, 0x3e, 0xab, 0xcd, 0x09}));
  static_assert(MacAddress::parse("00-16-3e-ab-cd-09") == address);
  CHECK(address->to_string() == "00:16:3e:ab:cd:09");
  for (const char* text :
       {"", "00:16:3e:ab:cd", "00:16:3e:ab:cd:0", "00:16:3e:ab:cd:09:", "00:16-3e:ab:cd:09",
        "0g:16:3e:ab:cd:09", "00.16.3e.ab.cd.09", "0016:3e:ab:cd:0:09", "+0:16:3e:ab:cd:09"}) {
    CAPTURE(text);
    CHECK_FALSE(MacAddress::parse(text));
  }
  CHECK(MacAddress::broadcast().is_multicast());
  CHECK(MacAddress({0x33, 0x33, 0, 0, 0, 1}).is_multicast());
  CHECK_FALSE(address->is_multicast());
  CHECK(MacAddress({2, 0, 0, 0, 0, 1}).is_local());
}

namespace {

struct Tally {
  std::size_t received = 0;
  std::size_t doubled = 0;
  std::size_t overtaken = 0;
  std::size_t damaged = 0;
};

constexpr std::size_t frames_to_send = 200;
// As if from a third device.
const MacAddress third_device({2, 7, 7, 7, 7, 7});

// What one host receives of numbered frames that another one sends, in a world with these faults.
Tally send_between_hosts(std::uint64_t seed, const sim::FaultPlan& faults) {
  sim::World world(seed, faults);
  sim::Host& sender = world.add_host("sender");
  sim::Host& receiver = world.add_host("receiver");
  Tally tally;
  MacAddress target;
  receiver.start(
      [&]() -> Task<void> {
        sim::SimNetwork network(receiver, "lan");
        target = network.mac();
        std::set<std::size_t> seen;
        for (;;) {
          const auto found = co_await contract::next_frame(network);
          std::size_t number = frames_to_send;
          for (std::size_t i = 0; i < frames_to_send; ++i) {
            if (found == contract::frame_of(100 + i, target, third_device, i)) number = i;
          }
          ++tally.received;
          if (number == frames_to_send) ++tally.damaged;
          if (number != frames_to_send && !seen.insert(number).second) ++tally.doubled;
          if (!seen.empty() && number < *seen.rbegin()) ++tally.overtaken;
        }
      },
      sim::Host::Duty::serve);
  sender.start([&]() -> Task<void> {
    sim::SimNetwork network(sender, "lan");
    co_await sleep(1s);
    for (std::size_t i = 0; i < frames_to_send; ++i) {
      TransmitBuffer buffer = co_await network.buffer(100 + i);
      contract::write_frame(buffer.bytes(), target, third_device, i);
      network.send(std::move(buffer), PacketOffload());
      co_await sleep(20ms);
    }
    co_await sleep(5s);
  });
  world.run();
  return tally;
}

}  // namespace

TEST_CASE("frames between simulated hosts suffer what the world has in store for datagrams") {
  const auto with = [](sim::Fault fault) {
    sim::FaultPlan faults;
    faults.set(fault, 200'000);
    return send_between_hosts(7, faults);
  };
  const Tally calm = send_between_hosts(7, sim::FaultPlan());
  CHECK(calm.received == frames_to_send);
  CHECK(calm.damaged + calm.doubled + calm.overtaken == 0);
  CHECK(with(sim::Fault::datagram_loss).received < frames_to_send);
  CHECK(with(sim::Fault::datagram_twice).doubled > 0);
  CHECK(with(sim::Fault::datagram_late).overtaken > 0);
  CHECK(with(sim::Fault::datagram_corrupt).damaged > 0);
}

TEST_CASE("a host whose power is cut loses its network device, and the next boot has a new one") {
  sim::World world(3, sim::FaultPlan());
  sim::Host& host = world.add_host("host");
  int boots = 0;
  host.start([&]() -> Task<void> {
    sim::SimNetwork network(host, "lan");
    if (++boots == 1) {
      world.after(1ms, [&] { host.cut_power(); });
      co_await network.receive();
    }
  });
  world.run();
  CHECK(boots == 2);
}
