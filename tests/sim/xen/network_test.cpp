// XenNetwork, the front end of Xen's network device, on the simulated hypervisor: it keeps the
// contract of Network, and what it promises beside. Each test runs in a process of its own, as a
// domain must.
#include "sundog/io/xen/devices/network.hpp"

#include <unistd.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/sim/world.hpp"
#include "sundog/io/xen/hypercall.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/yield.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/network.hpp"
#include "tests/sim/xen/network_back_end.hpp"
#include "tests/unix/in_child.hpp"

using namespace sundog;
using namespace std::chrono_literals;

namespace {

// What the domain logged.
std::vector<std::string> logged;
std::size_t count_logged(std::string_view text) {
  std::size_t count = 0;
  for (const std::string& line : logged) count += line.find(text) != std::string::npos ? 1 : 0;
  return count;
}

// A domain with two interfaces, and a wire between them in dom0.
struct Domain {
  explicit Domain(bool keeps_groups = true) : world(7, sim::FaultPlan()), xen(world), store(xen) {
    for (unsigned number = 0; number < 2; ++number) {
      sim::xen::NetworkBackEnd::Settings settings;
      settings.number = number;
      settings.mac = number == 0 ? "00:16:3e:00:00:01" : "00:16:3e:00:00:02";
      settings.waiting_max = 100'000;
      settings.can_all = true;
      settings.keeps_groups = keeps_groups;
      backs[number] = std::make_unique<sim::xen::NetworkBackEnd>(
          xen, store, settings, [this, number](sim::xen::WireFrame frame) {
            seen.push_back(frame);
            if (backs[1 - number]) backs[1 - number]->receive(std::move(frame));
          });
    }
  }

  // Ends with the body; what Xen and dom0 have then must be what they had before.
  void run(const std::function<Task<void>()>& body) {
    const std::size_t ports = xen.channels().open_count();
    xen.run(body);
    CHECK(xen.channels().open_count() == ports);
    // The daemon hears of the last ones a little later. One is the lifecycle's.
    for (int i = 0; i < 1000 && store.open_count() > 1; ++i) xen.others_run(10ms);
    CHECK(store.open_count() == 1);
    CHECK(xen.grants().granted_count() == 0);
    CHECK(xen.grants().mapped_count() == 0);
    CHECK(world.failure() == "");
  }

  sim::World world;
  sim::xen::Hypervisor xen;
  sim::xen::StoreDaemon store;
  std::unique_ptr<sim::xen::NetworkBackEnd> backs[2];
  std::vector<sim::xen::WireFrame> seen;
};

// Runs a test in a child. Its assertions print what fails, which is all that its parent hears.
void in_domain(const std::function<void()>& test) {
  std::cout.flush();
  const auto end = test::in_child([&] {
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    log::set_sink([](const log::Source&, log::Level, std::string_view message) noexcept {
      const sim::Memory::Outside outside;
      logged.emplace_back(message);
    });
    int status = 0;
    try {
      test();
    } catch (...) {  // a REQUIRE's too
      status = 1;
    }
    std::cout.flush();
    return status;
  });
  INFO(end.error);
  CHECK(end.exit_status() == 0);
  CHECK(end.error.find("FAILED") == std::string::npos);
}

struct OnXen {
  void run(auto body) {
    in_domain([&] {
      // One that keeps a list of groups hears of new ones a little later.
      Domain made(false);
      domain = &made;
      made.run([&] { return body(*this); });
    });
  }
  Task<std::pair<XenNetwork, XenNetwork>> open() {
    XenNetwork left = co_await XenNetwork::connect(0);
    XenNetwork right = co_await XenNetwork::connect(1);
    co_await left.link_changed(false);
    co_await right.link_changed(false);
    co_return std::pair(std::move(left), std::move(right));
  }
  void set_link(XenNetwork&, XenNetwork&, bool up) {
    const sim::xen::Hypervisor::InDom0 in_dom0(domain->xen);
    for (auto& back : domain->backs) back->set_carrier(up);
  }
  Domain* domain = nullptr;
};

}  // namespace

TEST_CASE("a network interface on Xen keeps the contract of Network") {
  contract::network(OnXen());
}

namespace {

using contract::bytes_of;
using contract::frame_of;
using contract::next_frame;
using contract::send_frame;
using Ends = std::pair<XenNetwork, XenNetwork>;

// Runs test(domain, left, right) in a domain whose two interfaces hear each other.
void with_ends(const std::function<Task<void>(Domain&, XenNetwork&, XenNetwork&)>& test) {
  in_domain([&] {
    Domain domain;
    const auto body = [&]() -> Task<void> {
      OnXen on_xen;
      Ends ends = co_await on_xen.open();
      co_await test(domain, ends.first, ends.second);
    };
    domain.run(body);
  });
}

// What dom0 does, of its own accord.
template <class Act>
void in_dom0(Domain& domain, Act act) {
  const sim::xen::Hypervisor::InDom0 in_dom0(domain.xen);
  act();
}

std::uint64_t events_sent() { return sundog_hypercalls_by_number[__HYPERVISOR_event_channel_op]; }

}  // namespace

TEST_CASE("frames that are sent before the first back end is connected wait for it") {
  in_domain([] {
    Domain domain;
    const auto body = [&]() -> Task<void> {
      XenNetwork left = co_await XenNetwork::connect(0);
      XenNetwork right = co_await XenNetwork::connect(1);
      co_await right.link_changed(false);
      CHECK_FALSE(left.link_up());
      for (std::size_t i = 0; i < 10; ++i) co_await send_frame(left, right.mac(), 100, i);
      for (std::size_t i = 0; i < 10; ++i) {
        const auto found = co_await next_frame(right);
        CHECK(found == frame_of(100, right.mac(), left.mac(), i));
      }
      CHECK(left.statistics().sent_lost == 0);
    };
    domain.run(body);
  });
}

TEST_CASE("an interface that is not there yet is waited for, and a line says so once") {
  in_domain([] {
    Domain domain;
    domain.backs[0]->detach();
    domain.world.after(5s, [&] { domain.backs[0]->attach(); });
    const auto body = [&]() -> Task<void> {
      XenNetwork network = co_await XenNetwork::connect(0);
      CHECK(network.mac() == MacAddress({0, 0x16, 0x3e, 0, 0, 1}));
      co_await network.link_changed(false);
    };
    domain.run(body);
    CHECK(count_logged("this domain has no vif 0") == 1);
  });
}

TEST_CASE("what a turn of the loop has sent leaves by one event, and few come back for it") {
  with_ends([](Domain& domain, XenNetwork& left, XenNetwork& right) -> Task<void> {
    constexpr std::size_t count = 32;
    co_await sleep(1s);  // what the hand-shake had to do with the store is done
    const std::uint64_t events_before = events_sent();
    const std::uint64_t answers_before = domain.backs[0]->notified_count();
    for (std::size_t i = 0; i < count; ++i) {
      TransmitBuffer buffer = left.try_buffer(100);
      REQUIRE(buffer);
      contract::write_frame(buffer.bytes(), right.mac(), left.mac(), i);
      left.send(std::move(buffer), PacketOffload());
    }
    CHECK(events_sent() == events_before);
    co_await yield();
    CHECK(events_sent() - events_before == 1);
    for (std::size_t i = 0; i < count; ++i) {
      const auto found = co_await next_frame(right);
      CHECK(found == frame_of(100, right.mac(), left.mac(), i));
    }
    co_await sleep(10ms);
    // Half of them, half of the rest, and so on.
    CHECK(domain.backs[0]->notified_count() - answers_before <= 7);
  });
}

TEST_CASE("an interface that is taken away and added again goes on, with the address it had") {
  with_ends([](Domain& domain, XenNetwork& left, XenNetwork& right) -> Task<void> {
    for (std::size_t round = 0; round < 3; ++round) {
      co_await sleep(10ms);  // what was sent is answered
      in_dom0(domain, [&] { domain.backs[0]->detach(); });
      co_await left.link_changed(true);
      co_await send_frame(left, right.mac(), 100, round);
      CHECK(left.statistics().sent_lost == round + 1);
      CHECK(right.link_up());
      in_dom0(domain, [&] { domain.backs[0]->attach(); });
      co_await left.link_changed(false);
      co_await send_frame(left, right.mac(), 1000, round);
      const auto there = co_await next_frame(right);
      CHECK(there == frame_of(1000, right.mac(), left.mac(), round));
      co_await send_frame(right, left.mac(), 1000, round);
      const auto back = co_await next_frame(left);
      CHECK(back == frame_of(1000, left.mac(), right.mac(), round));
    }
  });
}

TEST_CASE("a packet on loan outlives the back end that gave it, and stays as it is") {
  with_ends([](Domain& domain, XenNetwork& left, XenNetwork& right) -> Task<void> {
    co_await send_frame(left, right.mac(), 1000, 1);
    const ReceivedPacket held = co_await right.receive();
    in_dom0(domain, [&] { domain.backs[1]->detach(); });
    co_await right.link_changed(true);
    in_dom0(domain, [&] { domain.backs[1]->attach(); });
    co_await right.link_changed(false);
    for (std::size_t i = 0; i < 300; ++i) {
      co_await send_frame(left, right.mac(), 1400, i);
      const auto found = co_await next_frame(right);
      CHECK(found == frame_of(1400, right.mac(), left.mac(), i));
    }
    CHECK(bytes_of(held) == frame_of(1000, right.mac(), left.mac(), 1));
  });
}

TEST_CASE("a back end that breaks the protocol costs its own interface, and one line in the log") {
  with_ends([](Domain& domain, XenNetwork& left, XenNetwork& right) -> Task<void> {
    in_dom0(domain, [&] { domain.backs[0]->misbehave(); });
    co_await left.link_changed(true);
    CHECK(right.link_up());
    CHECK(count_logged("broke the protocol") == 1);
    // It is met again after a while.
    co_await left.link_changed(false);
    co_await send_frame(left, right.mac(), 100, 5);
    const auto found = co_await next_frame(right);
    CHECK(found == frame_of(100, right.mac(), left.mac(), 5));
    CHECK(count_logged("broke the protocol") == 1);
  });
}

TEST_CASE("whoever waits for room has it as soon as any frame is answered") {
  with_ends([](Domain& domain, XenNetwork& left, XenNetwork& right) -> Task<void> {
    in_dom0(domain, [&] { domain.backs[0]->hold_answers(true); });
    std::size_t sent = 0;
    while (TransmitBuffer buffer = left.try_buffer(100)) {
      contract::write_frame(buffer.bytes(), right.mac(), left.mac(), sent++);
      left.send(std::move(buffer), PacketOffload());
    }
    const auto wait_for_one = [&]() -> Task<void> { co_await left.buffer(100); };
    const bool at_once = co_await try_timeout(wait_for_one(), 1s);
    CHECK_FALSE(at_once);
    CHECK(domain.backs[0]->held_count() == sent);
    in_dom0(domain, [&] { domain.backs[0]->answer_one(); });
    const bool then = co_await try_timeout(wait_for_one(), 1s);
    CHECK(then);
    in_dom0(domain, [&] { domain.backs[0]->hold_answers(false); });
  });
}

TEST_CASE("frames to groups that were not joined are kept away by a back end that can") {
  with_ends([](Domain& domain, XenNetwork& left, XenNetwork& right) -> Task<void> {
    const MacAddress joined({0x33, 0x33, 0, 0, 0, 1});
    const MacAddress other({0x33, 0x33, 0, 0, 0, 2});
    right.join(joined);
    co_await sleep(10ms);
    const std::uint64_t before = domain.backs[1]->given_count();
    co_await send_frame(left, other, 100, 1);
    co_await send_frame(left, joined, 100, 2);
    const auto found = co_await next_frame(right);
    CHECK(found == frame_of(100, joined, left.mac(), 2));
    CHECK(domain.backs[1]->given_count() == before + 1);
    right.leave(joined);
    co_await sleep(10ms);
    co_await send_frame(left, joined, 100, 3);
    co_await sleep(10ms);
    CHECK(domain.backs[1]->given_count() == before + 1);
    // More groups than it keeps: then it gives all, and the rest is told apart here.
    for (std::uint8_t i = 0; i < 100; ++i) right.join(MacAddress({0x33, 0x33, 0, 0, 1, i}));
    co_await sleep(1s);
    CHECK(right.link_up());
    const MacAddress last({0x33, 0x33, 0, 0, 1, 99});
    co_await send_frame(left, last, 100, 4);
    const auto then = co_await next_frame(right);
    CHECK(then == frame_of(100, last, left.mac(), 4));
    for (std::uint8_t i = 0; i < 100; ++i) right.leave(MacAddress({0x33, 0x33, 0, 0, 1, i}));
  });
}

TEST_CASE("large packets pass whole to who accepts them, which is agreed on anew when it changes") {
  with_ends([](Domain& domain, XenNetwork& left, XenNetwork& right) -> Task<void> {
    const Offloads offloads = left.offloads();
    REQUIRE((offloads.tcp4 && offloads.checksum4 && offloads.segmented_bytes_max > 60'000));
    right.accept(right.offloads());
    co_await right.link_changed(true);
    co_await right.link_changed(false);
    for (const std::size_t size :
         {std::size_t{2000}, std::size_t{20'000}, std::size_t{offloads.segmented_bytes_max}}) {
      TransmitBuffer buffer = co_await left.buffer(size);
      contract::write_frame(buffer.bytes(), right.mac(), left.mac(), size);
      const unsigned char start[] = {0x08, 0x00, 0x45};
      std::memcpy(buffer.bytes().data() + 12, start, sizeof start);
      buffer.bytes()[20] = buffer.bytes()[21] = std::byte{0};
      buffer.bytes()[23] = std::byte{6};
      buffer.bytes()[46] = std::byte{0x50};
      const std::vector<std::byte> sent(buffer.bytes().begin(), buffer.bytes().end());
      PacketOffload offload;
      offload.checksum = Checksum::partial;
      offload.checksum_start = 34;
      offload.checksum_offset = 16;
      offload.segmentation = Segmentation::tcp4;
      offload.segment_bytes = 1446;
      offload.header_bytes = 54;
      left.send(std::move(buffer), offload);
      const ReceivedPacket packet = co_await right.receive();
      CHECK(bytes_of(packet) == sent);
      CHECK(packet.offload() == offload);
    }
    // The back end was told the truth of the sums: blank here, right elsewhere.
    CHECK(domain.seen.back().is_blank);
    co_await send_frame(left, right.mac(), 100, 1);
    const auto found = co_await next_frame(right);
    CHECK(found.size() == 100);
    CHECK_FALSE(domain.seen.back().is_blank);
    CHECK(domain.seen.back().is_validated);
    // Back to nothing: what comes is not for it to complete.
    right.accept(Offloads());
    co_await right.link_changed(true);
    co_await right.link_changed(false);
  });
}

TEST_CASE(
    "the back end is told when the program gives its interface back, and frames still leave") {
  in_domain([] {
    Domain domain;
    const auto body = [&]() -> Task<void> {
      OnXen on_xen;
      Ends ends = co_await on_xen.open();
      for (std::size_t i = 0; i < 20; ++i) {
        co_await send_frame(ends.first, ends.second.mac(), 100, i);
      }
      co_await sleep(0ns);
    };
    domain.run(body);
    CHECK(domain.seen.size() == 20);
    for (const auto& back : domain.backs) {
      CHECK(back->front_state() == sim::xen::DeviceState::closed);
    }
  });
}

TEST_CASE("the mtu is what the toolstack says, of payload, and a frame's header comes on top") {
  in_domain([] {
    Domain domain;
    domain.store.write("/local/domain/1/device/vif/0/mtu", "9000");
    domain.store.write("/local/domain/1/device/vif/1/mtu", "9000");
    const auto body = [&]() -> Task<void> {
      OnXen on_xen;
      Ends ends = co_await on_xen.open();
      CHECK(ends.first.mtu() == 9000);
      co_await send_frame(ends.first, ends.second.mac(), 9014, 1);
      const auto found = co_await next_frame(ends.second);
      CHECK(found == frame_of(9014, ends.second.mac(), ends.first.mac(), 1));
    };
    domain.run(body);
  });
}

TEST_CASE("a back end that can do nothing besides is enough") {
  in_domain([] {
    Domain domain;
    for (unsigned number = 0; number < 2; ++number) {
      const std::string keys = "/local/domain/0/backend/vif/1/" + std::to_string(number);
      for (const char* key : {"feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6",
                              "feature-ipv6-csum-offload", "feature-split-event-channels",
                              "feature-multicast-control", "feature-dynamic-multicast-control"}) {
        domain.store.remove(keys + "/" + key);
      }
      domain.store.write(keys + "/feature-no-csum-offload", "1");
    }
    const auto body = [&]() -> Task<void> {
      OnXen on_xen;
      Ends ends = co_await on_xen.open();
      const Offloads offloads = ends.first.offloads();
      CHECK_FALSE((offloads.checksum4 || offloads.checksum6 || offloads.segments_any()));
      for (std::size_t i = 0; i < 300; ++i) {
        co_await send_frame(ends.first, ends.second.mac(), 1514, i);
        const auto found = co_await next_frame(ends.second);
        CHECK(found == frame_of(1514, ends.second.mac(), ends.first.mac(), i));
      }
    };
    domain.run(body);
  });
}
