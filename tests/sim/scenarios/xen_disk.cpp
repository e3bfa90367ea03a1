// A disk on Xen, through the production store, event channels and grants, against a back end that
// is slow, answers out of order, fails, is restarted and breaks the protocol: what was written is
// there.
#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <set>
#include <system_error>
#include <vector>

#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "tests/sim/xen/disk_back_end.hpp"
#include "tests/sim/xen/disk_front_end.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;
using xen::DiskBackEnd;
using xen::DiskFrontEnd;

constexpr std::size_t sector_bytes = DiskBackEnd::sector_bytes;
constexpr std::uint64_t users_max = 4;

class DiskWorld {
 public:
  explicit DiskWorld(World& world) : world_(world), xen_(world), store_(xen_), back_(xen_, store_) {
    users_ = prng().between(1, users_max);
    for (std::uint64_t user = 0; user < users_; ++user) rounds_left_[user] = prng().between(1, 20);
    // What a disk holds at first.
    for (auto& possible : content_) possible = {0};
  }

  void run() {
    xen_.run([this] { return be_a_domain(); });
  }

 private:
  // What fills a sector; each write has another one.
  using Fill = std::uint64_t;

  Prng& prng() { return world_.prng(); }

  Task<void> be_a_domain() {
    bool all_done = false;
    while (!all_done) {
      bool made = false;
      try {
        DiskFrontEnd front(co_await sundog::xen::find_back_end("vbd", 0));
        made = true;
        const auto meet = [&]() -> Task<void> {
          const bool connected = co_await front.connect(sundog::xen::DeviceState::initialised);
          if (connected) all_done = co_await use(front);
          co_await front.close();
        };
        co_await pick(meet(), front.until_detached());
      } catch (const std::system_error& error) {
        const bool is_detached = error.code() == std::errc::no_such_device;
        const bool has_no_memory = error.code().value() == ENOMEM || error.code().value() == ENOSPC;
        if (!is_detached && (made || !has_no_memory)) throw;
      }
      co_await sleep(10ms);
    }
  }

  // False if the back end went away before all was done.
  Task<bool> use(DiskFrontEnd& front) {
    bool all_done = false;
    const auto work = [&]() -> Task<void> {
      const auto body = [&](Scope& tasks) -> Task<void> {
        for (std::uint64_t user = 0; user < users_; ++user) tasks.spawn(be_a_user(front, user));
        co_return;
      };
      co_await scope(body);
      all_done = true;
    };
    co_await pick(work(), front.until_gone());
    co_return all_done;
  }

  // Each user has a part of the disk of its own.
  Task<void> be_a_user(DiskFrontEnd& front, std::uint64_t user) {
    const std::uint64_t part = DiskBackEnd::sectors / users_max;
    for (; rounds_left_[user] > 0; --rounds_left_[user]) {
      const std::uint64_t first = prng().below(part);
      const std::uint64_t count = prng().between(1, part - first);
      if (prng().below(2) == 0) {
        co_await write(front, user * part + first, count);
      } else {
        co_await read(front, user * part + first, count);
      }
    }
  }

  Task<void> write(DiskFrontEnd& front, std::uint64_t sector, std::uint64_t count) {
    std::vector<std::byte> bytes(count * sector_bytes);
    std::vector<Fill> fills;
    for (std::uint64_t i = 0; i < count; ++i) {
      fills.push_back(prng().next());
      fill(bytes.data() + i * sector_bytes, fills.back());
      may_hold(sector + i, fills.back());  // from now on
    }
    const bool written = co_await front.write(sector, bytes);
    for (std::uint64_t i = 0; written && i < count; ++i) holds(sector + i, fills[i]);
  }

  Task<void> read(DiskFrontEnd& front, std::uint64_t sector, std::uint64_t count) {
    std::vector<std::byte> bytes(count * sector_bytes);
    const bool read = co_await front.read(sector, bytes);
    // Once the back end has lied, nothing of it is believed.
    for (std::uint64_t i = 0; read && !back_.is_hostile() && i < count; ++i) {
      Fill found = 0;
      std::memcpy(&found, bytes.data() + i * sector_bytes, sizeof found);
      if (!content_[sector + i].contains(found) ||
          !is_filled(bytes.data() + i * sector_bytes, found)) {
        world_.fail("disk: a sector holds what was never written there, or no longer");
      }
      holds(sector + i, found);
    }
  }

  // Noted by the scenario, not by the domain.
  void may_hold(std::uint64_t sector, Fill with) {
    const Memory::Outside outside;
    content_[sector].insert(with);
  }
  void holds(std::uint64_t sector, Fill with) {
    const Memory::Outside outside;
    content_[sector] = {with};
  }

  static void fill(std::byte* sector, Fill with) {
    for (std::size_t place = 0; place < sector_bytes; place += sizeof with) {
      std::memcpy(sector + place, &with, sizeof with);
    }
  }
  static bool is_filled(const std::byte* sector, Fill with) {
    for (std::size_t place = 0; place < sector_bytes; place += sizeof with) {
      if (std::memcmp(sector + place, &with, sizeof with) != 0) return false;
    }
    return true;
  }

  World& world_;
  xen::Hypervisor xen_;
  xen::StoreDaemon store_;
  DiskBackEnd back_;
  std::uint64_t users_;
  std::array<std::uint64_t, users_max> rounds_left_{};
  // What each sector may hold.
  std::array<std::set<Fill>, DiskBackEnd::sectors> content_;
};

}  // namespace

void simulate_xen_disk(World& world) { DiskWorld(world).run(); }

}  // namespace sundog::sim
