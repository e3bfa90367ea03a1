// A network interface on Xen (io/xen/devices/network.hpp), as in images, against a back end that is
// slow, refuses, is restarted, is taken away and added again, and breaks the protocol, with a wire
// that gives every frame back: each comes back as it was sent, once, and in order. At the end no
// grant, page, event channel or watch is left over.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sundog/io/xen/devices/network.hpp"
#include "sundog/io/xen/event_count.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "tests/sim/xen/network_back_end.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;
using xen::Frame;
using xen::NetworkBackEnd;
using xen::WireFrame;

// Longer than anything takes; what is not back by then was lost on the way.
constexpr Duration patience = 5s;

constexpr std::size_t ip_start = frame_header_bytes;
constexpr std::size_t ip_bytes = 20;
constexpr std::size_t tcp_bytes = 20;
constexpr std::size_t tcp_start = ip_start + ip_bytes;
constexpr std::size_t headers_bytes = tcp_start + tcp_bytes;
// With its number and its seed.
constexpr std::size_t frame_bytes_min = headers_bytes + 2 * sizeof(std::uint64_t);
constexpr std::uint16_t segment_bytes = 1448;

// What a frame of a number is like: every byte follows from it.
struct Made {
  Frame bytes;
  PacketOffload offload;
};

enum class Kind : std::uint8_t { plain, partial, large };

Made make_frame(std::uint64_t number, std::uint64_t seed, MacAddress mac, std::size_t mtu,
                const Offloads& offloads) {
  Prng prng(seed);
  Kind kind = static_cast<Kind>(prng.below(3));
  if (kind == Kind::large && !offloads.tcp4) kind = Kind::partial;
  if (kind == Kind::partial && !offloads.checksum4) kind = Kind::plain;
  const std::size_t most =
      kind == Kind::large ? offloads.segmented_bytes_max : mtu + frame_header_bytes;
  Made made;
  made.bytes.resize(prng.between(frame_bytes_min, most));
  for (std::byte& byte : made.bytes) byte = static_cast<std::byte>(prng.next());
  const auto put = [&](std::size_t at, unsigned value) {
    made.bytes[at] = static_cast<std::byte>(value);
  };
  // From one's own address to it: the wire gives it back.
  for (std::size_t i = 0; i < MacAddress::size_bytes; ++i) {
    put(i, mac.octets()[i]);
    put(i + MacAddress::size_bytes, mac.octets()[i]);
  }
  const bool is_ip = kind != Kind::plain;
  put(12, is_ip ? 0x08 : 0x88);
  put(13, is_ip ? 0x00 : 0xb5);
  if (is_ip) {
    put(ip_start, 0x45);
    put(ip_start + 6, 0);  // no fragment
    put(ip_start + 7, 0);
    put(ip_start + 9, 6);
    put(tcp_start + 12, 0x50);
    made.offload.checksum = Checksum::partial;
    made.offload.checksum_start = tcp_start;
    made.offload.checksum_offset = 16;
  }
  if (kind == Kind::large) {
    made.offload.segmentation = Segmentation::tcp4;
    made.offload.segment_bytes = segment_bytes;
    made.offload.header_bytes = headers_bytes;
  }
  std::memcpy(made.bytes.data() + headers_bytes, &number, sizeof number);
  std::memcpy(made.bytes.data() + headers_bytes + sizeof number, &seed, sizeof seed);
  return made;
}
// 0 for one that has no room for them.
std::uint64_t word_of(const Frame& frame, std::size_t at) {
  std::uint64_t word = 0;
  if (frame.size() >= at + sizeof word) std::memcpy(&word, frame.data() + at, sizeof word);
  return word;
}
std::uint64_t number_of(const Frame& frame) { return word_of(frame, headers_bytes); }
std::uint64_t seed_of(const Frame& frame) { return word_of(frame, headers_bytes + 8); }
std::size_t size_of(std::uint64_t seed, const XenNetwork& network) {
  return make_frame(0, seed, network.mac(), network.mtu(), network.offloads()).bytes.size();
}

class NetworkWorld {
 public:
  explicit NetworkWorld(World& world)
      : world_(world),
        xen_(world),
        store_(xen_),
        back_(xen_, store_, settings(world), [this](WireFrame frame) {
          if (!back_.receive(std::move(frame))) ++lost_count_;
        }) {
    frames_left_ = prng().between(1, 60);
  }

  void run() {
    const std::size_t ports_before = xen_.channels().open_count();
    xen_.run([this] { return be_a_domain(); });
    if (xen_.channels().open_count() != ports_before) {
      world_.fail("network: an event channel is left over");
    }
    // The daemon hears of the last ones a little later. One is the lifecycle's.
    for (int i = 0; i < 1000 && store_.open_count() > 1; ++i) xen_.others_run(10ms);
    if (store_.open_count() > 1) world_.fail("network: a watch or a transaction is left over");
    if (xen_.grants().granted_count() != 0) world_.fail("network: a grant is left over");
  }

 private:
  static NetworkBackEnd::Settings settings(World& world) {
    NetworkBackEnd::Settings settings;
    if (world.prng().below(3) == 0) settings.mtu = std::to_string(world.prng().between(576, 9000));
    return settings;
  }
  Prng& prng() { return world_.prng(); }

  Task<void> be_a_domain() {
    while (frames_left_ > 0) {
      XenNetwork network = co_await XenNetwork::connect(0, draw_memory());
      if (prng().below(4) != 0) network.accept(network.offloads());
      const auto until_bored = [&]() -> Task<void> { co_await sleep(prng().between(1ms, 2min)); };
      if (prng().below(4) == 0) {
        // The program gives the device back amidst of everything, and opens it again.
        co_await pick(use(network), until_bored());
      } else {
        co_await use(network);
      }
    }
  }
  std::size_t draw_memory() {
    return prng().below(2) == 0 ? XenNetwork::memory_bytes_usual : XenNetwork::memory_bytes_min;
  }

  Task<void> use(XenNetwork& network) {
    latest_ = last_number_;
    const std::uint64_t senders = prng().between(1, 8);
    const auto send_all = [&]() -> Task<void> {
      const auto body = [&](Scope& tasks) -> Task<void> {
        for (std::uint64_t i = 0; i < senders; ++i) tasks.spawn(send(network));
        co_return;
      };
      co_await scope(body);
    };
    co_await pick(send_all(), receive(network), change_minds(network));
  }

  // The program wants other things by and by.
  Task<void> change_minds(XenNetwork& network) {
    for (;;) {
      co_await sleep(prng().between(1ms, 10s));
      const auto last = static_cast<std::uint8_t>(prng().below(100));
      const MacAddress group({0x33, 0x33, 0, 0, 0, last});
      switch (prng().below(4)) {
        case 0:
          network.join(group);
          co_await sleep(prng().between(0ns, 1s));
          network.leave(group);
          break;
        case 1:
          network.receive_everything(prng().below(2) == 0);
          break;
        case 2:
          network.accept(network.offloads());
          break;
        default:
          co_await try_timeout(wait_for_link(network), prng().between(0ns, 1s));
      }
    }
  }
  static Task<void> wait_for_link(XenNetwork& network) {
    co_await network.link_changed(network.link_up());
  }

  Task<void> send(XenNetwork& network) {
    while (frames_left_ > 0) {
      // Its number says when it was sent.
      const std::uint64_t seed = prng().next();
      TransmitBuffer buffer = co_await network.buffer(size_of(seed, network));
      const std::uint64_t number = ++last_number_;
      const Made made = make_frame(number, seed, network.mac(), network.mtu(), network.offloads());
      sundog::xen::EventCount back("the frame to come back");
      const Expected expected(*this, number, back);
      std::ranges::copy(made.bytes, buffer.bytes().begin());
      const std::uint64_t lost_before = lost_count_;
      const NetworkStatistics before = network.statistics();
      const std::uint64_t changes_before = back_.change_count();
      const bool was_up = network.link_up();
      network.send(std::move(buffer), made.offload);
      const bool calm = world_.faults().healed();
      const bool came_back = co_await try_timeout(wait_for(back), patience);
      if (came_back) {
        if (frames_left_ > 0) --frames_left_;
      } else if (calm && was_up && back_.change_count() == changes_before &&
                 lost_count_ == lost_before && network.statistics().sent_lost == before.sent_lost &&
                 network.statistics().received_wrong == before.received_wrong &&
                 network.statistics().received_lost == before.received_lost &&
                 !back_.is_hostile()) {
        world_.fail("network: a frame was lost in a calm world");
      }
      if (prng().below(3) == 0) co_await sleep(prng().between(0ns, 10ms));
    }
  }
  static Task<void> wait_for(sundog::xen::EventCount& arrived) { co_await arrived.after(0); }

  Task<void> receive(XenNetwork& network) {
    for (;;) {
      const ReceivedPacket packet = co_await network.receive();
      // It is this program's own memory: what is held up here stays as it is.
      if (prng().below(8) == 0) co_await sleep(prng().between(0ns, 5ms));
      Frame frame(packet.size());
      packet.copy(0, frame);
      if (packet.first().size() < std::min(frame.size(), ReceivedPacket::first_bytes_min)) {
        world_.fail("network: a frame's first piece is too short");
      }
      if (back_.is_hostile()) continue;
      check(network, packet, std::move(frame));
    }
  }
  void check(const XenNetwork& network, const ReceivedPacket& packet, Frame frame) {
    const std::uint64_t number = number_of(frame);
    Made made =
        make_frame(number, seed_of(frame), network.mac(), network.mtu(), network.offloads());
    if (packet.offload().checksum != Checksum::partial &&
        made.offload.checksum == Checksum::partial) {
      // Somebody has completed it on the way.
      if (packet.offload().checksum != Checksum::verified) {
        world_.fail("network: a checksum that was completed is not said to be right");
      }
      for (const std::size_t at : {tcp_start + 16, tcp_start + 17}) {
        if (at < made.bytes.size() && at < frame.size()) made.bytes[at] = frame[at];
      }
    } else if (packet.offload() != made.offload && packet.offload().checksum == Checksum::partial) {
      world_.fail("network: a frame came back with something else said of it");
    }
    if (frame != made.bytes) world_.fail("network: a frame came back as another");
    if (number <= latest_) world_.fail("network: a frame came twice, or out of order");
    latest_ = number;
    const auto expected = expected_.find(number);
    if (expected != expected_.end()) expected->second->advance();
  }

  // Somebody waits for a frame, for as long as this lives.
  class Expected {
   public:
    Expected(NetworkWorld& world, std::uint64_t number, sundog::xen::EventCount& arrived)
        : world_(world), number_(number) {
      const Memory::Outside outside;
      world.expected_[number] = &arrived;
    }
    ~Expected() { world_.expected_.erase(number_); }
    Expected(const Expected&) = delete;
    Expected& operator=(const Expected&) = delete;

   private:
    NetworkWorld& world_;
    const std::uint64_t number_;
  };

  World& world_;
  xen::Hypervisor xen_;
  xen::StoreDaemon store_;
  NetworkBackEnd back_;
  std::uint64_t frames_left_;
  std::uint64_t last_number_ = 0;
  std::uint64_t latest_ = 0;
  std::uint64_t lost_count_ = 0;
  std::map<std::uint64_t, sundog::xen::EventCount*> expected_;
};

}  // namespace

void simulate_xen_network(World& world) { NetworkWorld(world).run(); }

}  // namespace sundog::sim
