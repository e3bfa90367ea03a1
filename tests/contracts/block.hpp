// What io/block.hpp promises, tried on any Block.
//
// A World says how a disk is opened and how a task runs:
//   world.run(body)     runs body(world), a task, where the disk's machine runs; the disk is new
//   world.open()        a task that opens the disk: zeros, disk_sectors of them
//   world.persistent    whether what was flushed is there when the disk is opened again
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sundog/io/block.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/error_of.hpp"

namespace sundog::contract {

inline constexpr std::uint64_t disk_sectors = 200;

// Bytes that tell where they belong, and which writing it was.
inline std::vector<std::byte> sectors_of(const BlockGeometry& geometry, std::uint64_t first,
                                         std::uint64_t count, unsigned version) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(count * geometry.sector_bytes));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint64_t place = first * geometry.sector_bytes + i;
    bytes[i] = static_cast<std::byte>(place * 31 + place / 509 + version * 101);
  }
  return bytes;
}

template <Block Disk>
Task<std::vector<std::byte>> read_sectors(Disk& disk, std::uint64_t first, std::uint64_t count) {
  const std::uint64_t size = count * disk.geometry().sector_bytes;
  std::vector<std::byte> bytes(static_cast<std::size_t>(size), std::byte{0xee});
  co_await disk.read(first, MutableBytes(bytes));
  co_return bytes;
}

template <Block Disk>
Task<void> finds_what_it_wrote(Disk& disk) {
  const BlockGeometry geometry = disk.geometry();
  REQUIRE(geometry.sector_count == disk_sectors);
  REQUIRE(geometry.sector_bytes % 512 == 0);
  REQUIRE_FALSE(geometry.is_read_only);
  const auto fresh = co_await read_sectors(disk, 0, disk_sectors);
  REQUIRE(std::all_of(fresh.begin(), fresh.end(), [](auto b) { return b == std::byte{0}; }));
  co_await disk.write(0, sectors_of(geometry, 0, disk_sectors, 1));
  co_await disk.write(7, sectors_of(geometry, 7, 1, 2));
  co_await disk.write(disk_sectors - 2, sectors_of(geometry, disk_sectors - 2, 2, 3));
  // Nothing beside what was written has changed.
  const auto before = co_await read_sectors(disk, 0, 7);
  CHECK(before == sectors_of(geometry, 0, 7, 1));
  const auto written = co_await read_sectors(disk, 7, 1);
  CHECK(written == sectors_of(geometry, 7, 1, 2));
  const auto between = co_await read_sectors(disk, 8, disk_sectors - 10);
  CHECK(between == sectors_of(geometry, 8, disk_sectors - 10, 1));
  const auto last = co_await read_sectors(disk, disk_sectors - 2, 2);
  CHECK(last == sectors_of(geometry, disk_sectors - 2, 2, 3));
}

template <Block Disk>
Task<void> transfers_several_buffers(Disk& disk) {
  const BlockGeometry geometry = disk.geometry();
  const std::size_t sector = geometry.sector_bytes;
  // More pieces than any device takes at once; of different lengths, some of none.
  const auto all = sectors_of(geometry, 3, 190, 1);
  std::vector<Bytes> parts;
  std::size_t used = 0;
  for (std::size_t i = 0; used < all.size(); ++i) {
    const std::size_t length = std::min((i % 3) * sector, all.size() - used);
    parts.push_back(Bytes(all).subspan(used, length));
    used += length;
  }
  co_await disk.write(3, std::span<const Bytes>(parts));
  auto found = co_await read_sectors(disk, 3, 190);
  CHECK(found == all);
  std::fill(found.begin(), found.end(), std::byte{0});
  std::vector<MutableBytes> buffers;
  for (std::size_t at = 0; at < found.size(); at += sector) {
    buffers.push_back(MutableBytes(found).subspan(at, sector));
  }
  co_await disk.read(3, std::span<const MutableBytes>(buffers));
  CHECK(found == all);
  // A buffer of any alignment.
  std::vector<std::byte> crooked(2 * sector + 1);
  co_await disk.read(5, MutableBytes(crooked).subspan(1));
  CHECK(std::equal(crooked.begin() + 1, crooked.end(),
                   all.begin() + static_cast<std::ptrdiff_t>(2 * sector)));
}

template <Block Disk>
Task<void> refuses_what_is_no_transfer(Disk& disk) {
  const BlockGeometry geometry = disk.geometry();
  const std::size_t sector = geometry.sector_bytes;
  co_await disk.write(0, sectors_of(geometry, 0, disk_sectors, 1));
  std::vector<std::byte> bytes = sectors_of(geometry, 0, 4, 9);
  const Bytes four(bytes);
  const auto invalid = std::errc::invalid_argument;
  // One sector too many: nothing of it is written.
  auto error = co_await error_of(disk.write(disk_sectors - 3, four));
  CHECK(error == invalid);
  error = co_await error_of(disk.write(disk_sectors, four));
  CHECK(error == invalid);
  error = co_await error_of(disk.write(~std::uint64_t{0} - 1, four));
  CHECK(error == invalid);
  error = co_await error_of(disk.write(0, four.first(sector + 1)));
  CHECK(error == invalid);
  const std::array<Bytes, 2> uneven = {four.first(sector / 2), four.first(sector / 2)};
  error = co_await error_of(disk.write(0, std::span<const Bytes>(uneven)));
  CHECK(error == invalid);
  error = co_await error_of(disk.read(disk_sectors - 3, MutableBytes(bytes)));
  CHECK(error == invalid);
  error = co_await error_of(disk.read(0, MutableBytes(bytes).first(1)));
  CHECK(error == invalid);
  error = co_await error_of(disk.discard(disk_sectors - 3, 4));
  CHECK(error == invalid);
  error = co_await error_of(disk.discard(1, ~std::uint64_t{0}));
  CHECK(error == invalid);
  // Nothing is a transfer, also at the end.
  co_await disk.write(disk_sectors, Bytes());
  co_await disk.read(disk_sectors, MutableBytes());
  co_await disk.discard(disk_sectors, 0);
  const auto all = co_await read_sectors(disk, 0, disk_sectors);
  CHECK(all == sectors_of(geometry, 0, disk_sectors, 1));
}

template <Block Disk>
Task<void> works_on_several_at_once(Disk& disk) {
  const BlockGeometry geometry = disk.geometry();
  const auto write_some = [&](std::uint64_t first) -> Task<void> {
    for (std::uint64_t sector = first; sector < first + 25; sector += 5) {
      const auto bytes = sectors_of(geometry, sector, 5, 1);
      co_await disk.write(sector, Bytes(bytes));
      const auto found = co_await read_sectors(disk, sector, 5);
      CHECK(found == bytes);
    }
  };
  co_await scope([&](Scope& tasks) -> Task<void> {
    for (std::uint64_t first = 0; first < disk_sectors; first += 25) {
      tasks.spawn(write_some, first);
    }
    co_await disk.flush();
  });
  const auto all = co_await read_sectors(disk, 0, disk_sectors);
  CHECK(all == sectors_of(geometry, 0, disk_sectors, 1));
}

template <Block Disk>
Task<void> cancelled_writes_end(Disk& disk) {
  const BlockGeometry geometry = disk.geometry();
  const auto old_bytes = sectors_of(geometry, 0, 100, 1);
  const auto new_bytes = sectors_of(geometry, 0, 100, 2);
  const auto last_bytes = sectors_of(geometry, 0, 100, 3);
  for (int round = 0; round < 20; ++round) {
    co_await disk.write(0, Bytes(old_bytes));
    co_await try_timeout(disk.write(0, Bytes(new_bytes)), std::chrono::microseconds(round * 5));
    const auto found = co_await read_sectors(disk, 0, 100);
    bool each_is_one_of_both = true;
    for (std::size_t i = 0; i < found.size(); ++i) {
      each_is_one_of_both &= found[i] == old_bytes[i] || found[i] == new_bytes[i];
    }
    CHECK(each_is_one_of_both);
    // Nothing of it comes later.
    co_await disk.write(0, Bytes(last_bytes));
    co_await sleep(std::chrono::milliseconds(1));
    const auto after = co_await read_sectors(disk, 0, 100);
    CHECK(after == last_bytes);
  }
}

template <Block Disk>
Task<void> discards(Disk& disk) {
  const BlockGeometry geometry = disk.geometry();
  co_await disk.write(0, sectors_of(geometry, 0, disk_sectors, 1));
  co_await disk.discard(50, 64);
  const auto before = co_await read_sectors(disk, 0, 50);
  CHECK(before == sectors_of(geometry, 0, 50, 1));
  const auto behind = co_await read_sectors(disk, 114, disk_sectors - 114);
  CHECK(behind == sectors_of(geometry, 114, disk_sectors - 114, 1));
  co_await read_sectors(disk, 50, 64);
  co_await disk.write(60, sectors_of(geometry, 60, 4, 2));
  const auto again = co_await read_sectors(disk, 60, 4);
  CHECK(again == sectors_of(geometry, 60, 4, 2));
}

template <class World>
Task<void> keeps_what_was_flushed(World& world) {
  {
    Block auto disk = co_await world.open();
    co_await disk.write(11, sectors_of(disk.geometry(), 11, 20, 1));
    co_await disk.flush();
  }
  Block auto disk = co_await world.open();
  const auto found = co_await read_sectors(disk, 11, 20);
  CHECK(found == sectors_of(disk.geometry(), 11, 20, 1));
  Block auto moved = std::move(disk);
  const auto found_again = co_await read_sectors(moved, 11, 20);
  CHECK(found_again == found);
}

template <class World>
void block(World world) {
  const auto on_a_new_disk = [&world](auto test) {
    world.run([test](World& in) -> Task<void> {
      Block auto disk = co_await in.open();
      co_await test(disk);
    });
  };
  SECTION("sectors hold what was written to them, and no others change") {
    on_a_new_disk([](auto& disk) { return finds_what_it_wrote(disk); });
  }
  SECTION("a transfer goes from and to many buffers, of any alignment") {
    on_a_new_disk([](auto& disk) { return transfers_several_buffers(disk); });
  }
  SECTION("what is not of whole sectors, or beyond the end, is refused and nothing of it done") {
    on_a_new_disk([](auto& disk) { return refuses_what_is_no_transfer(disk); });
  }
  SECTION("several operations are under way at once") {
    on_a_new_disk([](auto& disk) { return works_on_several_at_once(disk); });
  }
  SECTION("a cancelled write has written old or new bytes, and is over") {
    on_a_new_disk([](auto& disk) { return cancelled_writes_end(disk); });
  }
  SECTION("discarding sectors harms no others") {
    on_a_new_disk([](auto& disk) { return discards(disk); });
  }
  if constexpr (World::persistent) {
    SECTION("what was flushed is there when the disk is opened again") {
      world.run([](World& in) { return keeps_what_was_flushed(in); });
    }
  }
}

}  // namespace sundog::contract
