// A journal on a disk whose power is cut: a record that was synced is there for ever, and records
// are whole or not there.
#include <array>
#include <chrono>
#include <cstring>
#include <span>
#include <exception>

#include "sundog/io/sim/disk.hpp"
#include "sundog/io/sim/trouble.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;

constexpr const char* journal = "journal";
constexpr std::uint64_t records_to_write = 20;

struct Entry {
  std::uint64_t number = 0;
  std::uint64_t complement = 0;
  bool whole(std::uint64_t expected) const noexcept {
    return number == expected && complement == ~expected;
  }
};

Task<bool> read_entry(Disk& disk, std::uint64_t number, Entry& entry) {
  MutableBytes rest = std::as_writable_bytes(std::span(&entry, 1));
  std::size_t offset = number * sizeof(Entry);
  while (!rest.empty()) {
    const std::size_t count = co_await disk.read(journal, offset, rest);
    if (count == 0) co_return false;
    offset += count;
    rest = rest.subspan(count);
  }
  co_return entry.whole(number);
}

// How many whole records there are.
Task<std::uint64_t> recover(Disk& disk) {
  for (std::uint64_t number = 0;; ++number) {
    Entry entry;
    const bool there = co_await read_entry(disk, number, entry);
    if (!there) co_return number;
  }
}

Task<void> write_journal(Host& host, std::uint64_t& acknowledged) {
  for (;;) {
    try {
      std::uint64_t next = co_await recover(host.disk());
      if (next < acknowledged) {
        host.world().fail("disk: a record that was synced is gone");
        co_return;
      }
      for (; next < records_to_write; ++next) {
        const Entry entry{next, ~next};
        co_await host.disk().write(journal, next * sizeof entry,
                                   std::as_bytes(std::span(&entry, 1)));
        co_await host.disk().sync(journal);
        acknowledged = next + 1;
        co_await sleep(10ms);
      }
      // The last one may have been found, and not been synced.
      co_await host.disk().sync(journal);
      acknowledged = next;
      co_return;
    } catch (const std::exception& error) {
      expect_trouble(error);  // then it looks at what is there, and goes on
    }
    co_await yield();
  }
}

}  // namespace

void simulate_disk(World& world) {
  std::uint64_t acknowledged = 0;
  Host& host = world.add_host("journal");
  host.allow_power_cuts();
  host.start([&] { return write_journal(host, acknowledged); });
  world.run();
  if (acknowledged != records_to_write) world.fail("disk: not all records were written");
}

}  // namespace sundog::sim
