// A network device on Xen, through the production store, event channels and grants, against a back
// end that is slow, refuses, is restarted and breaks the protocol, with a wire that gives every
// frame back: each comes back as it was sent, once, and in order.
#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <system_error>
#include <vector>

#include "sundog/io/xen/event_count.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "tests/sim/xen/network_back_end.hpp"
#include "tests/sim/xen/network_front_end.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;
using xen::Frame;
using xen::NetworkBackEnd;
using xen::NetworkFrontEnd;

constexpr std::size_t page_bytes = xen::MemoryMap::page_bytes;
constexpr std::size_t frame_bytes_min = 60;
constexpr std::size_t frame_bytes_max = 1514;
// Longer than anything takes; what is not back by then was lost on the way.
constexpr Duration patience = 5s;

// From a local address to another, of the type for local experiments (IEEE Std 802).
constexpr std::array<unsigned char, 14> ethernet_header = {0x02, 0, 0, 0, 0,    0x02, 0x02,
                                                           0,    0, 0, 0, 0x01, 0x88, 0xB5};

// A frame of the given number, of which every byte follows from it.
Frame make_frame(std::uint64_t number) {
  Prng prng(number);
  Frame frame(prng.between(frame_bytes_min, frame_bytes_max));
  for (std::byte& byte : frame) byte = static_cast<std::byte>(prng.next());
  std::memcpy(frame.data(), ethernet_header.data(), ethernet_header.size());
  std::memcpy(frame.data() + ethernet_header.size(), &number, sizeof number);
  return frame;
}
// 0 for one that has no room for a number.
std::uint64_t number_of(const Frame& frame) {
  std::uint64_t number = 0;
  if (frame.size() >= ethernet_header.size() + sizeof number) {
    std::memcpy(&number, frame.data() + ethernet_header.size(), sizeof number);
  }
  return number;
}

class NetworkWorld {
 public:
  explicit NetworkWorld(World& world)
      : world_(world), xen_(world), store_(xen_), back_(xen_, store_, [this](Frame frame) {
          if (!back_.receive(std::move(frame))) ++lost_count_;
        }) {
    frames_left_ = prng().between(1, 60);
    buffers_ = prng().between(1, xen::ReceiveRing::slots) >> prng().below(6);
    buffers_ = std::max<std::uint64_t>(buffers_, 1);
  }

  void run() {
    xen_.run([this] { return be_a_domain(); });
  }

 private:
  Prng& prng() { return world_.prng(); }

  Task<void> be_a_domain() {
    while (frames_left_ > 0) {
      bool made = false;
      try {
        NetworkFrontEnd front(co_await sundog::xen::find_back_end("vif", 0), buffers_);
        made = true;
        const bool connected = co_await front.connect();
        if (connected) co_await pick(use(front), front.until_gone());
        co_await front.close();
      } catch (const std::system_error& error) {
        if (made || (error.code().value() != ENOMEM && error.code().value() != ENOSPC)) throw;
      }
      co_await sleep(10ms);
    }
  }

  Task<void> use(NetworkFrontEnd& front) {
    latest_ = last_number_;
    const std::uint64_t senders = prng().between(1, 8);
    const auto send_all = [&]() -> Task<void> {
      const auto body = [&](Scope& tasks) -> Task<void> {
        for (std::uint64_t i = 0; i < senders; ++i) tasks.spawn(send(front));
        co_return;
      };
      co_await scope(body);
    };
    co_await pick(send_all(), receive(front));
  }

  Task<void> send(NetworkFrontEnd& front) {
    while (frames_left_ > 0) {
      const std::uint64_t number = ++last_number_;
      sundog::xen::EventCount back("the frame to come back");
      const Expected expected(*this, number, back);
      const Frame frame = make_frame(number);
      const bool calm = world_.faults().healed();
      const std::uint64_t lost_before = lost_count_;
      const auto offset = static_cast<std::uint16_t>(prng().below(page_bytes - frame.size() + 1));
      const bool sent = co_await front.send(frame, offset);
      if (!sent) continue;
      const bool came_back = co_await try_timeout(wait_for(back), patience);
      if (came_back) {
        if (frames_left_ > 0) --frames_left_;
      } else if (calm && lost_count_ == lost_before && !back_.is_hostile()) {
        world_.fail("network: a frame was lost in a calm world");
      }
      if (prng().below(3) == 0) co_await sleep(prng().between(0ns, 10ms));
    }
  }
  static Task<void> wait_for(sundog::xen::EventCount& arrived) { co_await arrived.after(0); }

  Task<void> receive(NetworkFrontEnd& front) {
    for (;;) {
      const Frame frame = co_await front.receive();
      if (back_.is_hostile()) continue;
      const std::uint64_t number = number_of(frame);
      if (frame != make_frame(number)) world_.fail("network: a frame came back as another");
      if (number <= latest_) world_.fail("network: a frame came twice, or out of order");
      latest_ = number;
      const auto expected = expected_.find(number);
      if (expected != expected_.end()) expected->second->advance();
    }
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
  std::uint64_t buffers_;
  std::uint64_t last_number_ = 0;
  std::uint64_t latest_ = 0;
  std::uint64_t lost_count_ = 0;
  std::map<std::uint64_t, sundog::xen::EventCount*> expected_;
};

}  // namespace

void simulate_xen_network(World& world) { NetworkWorld(world).run(); }

}  // namespace sundog::sim
