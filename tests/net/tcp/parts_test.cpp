// The parts of a connection, each by itself.
#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "sundog/io/crypto/sip_hash.hpp"
#include "sundog/io/net/tcp/connection.hpp"
#include "sundog/io/net/tcp/tcp_socket.hpp"
#include "tests/catch.hpp"

namespace sundog::net::tcp {
namespace {

std::vector<std::byte> numbered(std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 251);
  return bytes;
}

const auto nobody = [](const SentPiece&) {};

}  // namespace

TEST_CASE("an idle connection takes less than 2 KiB, whatever it keeps for the next transfer") {
  // Beside it, what its rings keep: 16 places of each queue, and 16 pieces of the scoreboard; and
  // what the stack keeps of it: two places in the table, which doubles, and twice a deadline.
  constexpr std::size_t rings = 2 * 16 * sizeof(void*) + 16 * sizeof(SentPiece);
  constexpr std::size_t in_stack = 2 * sizeof(void*) + 2 * sizeof(TimerEntry);
  CHECK(sizeof(TcpSocket) + rings + in_stack <= 2048);
}

TEST_CASE("SipHash gives what its authors' reference implementation gives") {
  // Test vectors of the paper's appendix A and of vectors.h: the key 00 01 02 .. 0f, messages of
  // the bytes 00 01 02 ...
  const SipKey key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::vector<std::byte> message;
  const auto next = [&] {
    const std::uint64_t hash = sip_hash(key, message);
    message.push_back(static_cast<std::byte>(message.size()));
    return hash;
  };
  CHECK(next() == 0x726fdb47dd0e0e31);
  CHECK(next() == 0x74f839c593dc67fd);
  for (int size = 2; size < 15; ++size) next();
  CHECK(next() == 0xa129ca6149be45e5);
}

TEST_CASE("a ByteWindow gives back what was written, also in pieces and behind a gap") {
  BlockPool pool(1 << 20);
  const auto bytes = numbered(20'000);
  {
    ByteWindow window(pool);
    CHECK(window.write(10'000, Bytes(bytes).subspan(10'000)) == 10'000);
    CHECK(window.write(0, Bytes(bytes).first(10'000)) == 10'000);
    std::vector<std::byte> copy(20'000);
    window.copy(0, copy);
    CHECK(copy == bytes);
    window.slide(4095);
    window.slide(2);
    copy.resize(100);
    window.copy(0, copy);
    CHECK(std::ranges::equal(copy, Bytes(bytes).subspan(4097, 100)));
    window.slide(20'000 - 4097);
    window.clear();
    CHECK(pool.used_bytes() == 0);
  }
}

TEST_CASE("a ByteWindow takes what there is memory for, and gives all of it back") {
  BlockPool pool(3 * Block::bytes);
  ByteWindow window(pool);
  const auto bytes = numbered(20'000);
  CHECK(window.write(100, bytes) == 3 * Block::bytes - 100);
  CHECK(pool.exhausted());
  window.slide(Block::bytes);
  CHECK_FALSE(pool.exhausted());
  window.clear();
  CHECK(pool.used_bytes() == 0);
}

TEST_CASE("a scoreboard counts what is under way, lost and selectively acknowledged") {
  using wire::Sequence;
  const Sequence start(0xffffff00);
  Scoreboard sent;
  REQUIRE(sent.reserve(10));
  for (std::uint32_t i = 0; i < 10; ++i)
    sent.push(start + i * 100, start + (i + 1) * 100, TimePoint());
  CHECK(sent.in_flight() == 1000);
  CHECK(sent.next_lost() == nullptr);
  // The middle of a piece: it is split.
  CHECK(sent.sack(start + 250, start + 450, nobody) == 200);
  CHECK(sent.sack(start + 250, start + 450, nobody) == 0);
  CHECK(sent.sacked() == 200);
  CHECK(sent.in_flight() == 800);
  CHECK(sent.size() == 12);
  sent.mark_lost(sent.front());
  CHECK(sent.lost() == 100);
  CHECK(sent.next_lost() == &sent.front());
  sent.resent(sent.front(), TimePoint());
  CHECK(sent.lost() == 0);
  CHECK(sent.front().resent == 1);
  // Into the middle of one that is selectively acknowledged: 250 bytes were not known.
  CHECK(sent.acknowledge(start + 300, nobody) == 250);
  CHECK(sent.sacked() == 150);
  sent.mark_all_lost();
  CHECK(sent.lost() == 550);
  sent.forget_sacks();
  CHECK(sent.lost() == 700);
  CHECK(sent.acknowledge(start + 1000, nobody) == 700);
  CHECK(sent.empty());
  CHECK(sent.in_flight() + sent.lost() + sent.sacked() == 0);
}

TEST_CASE("reassembly joins what touches, and refuses one gap too many") {
  using wire::Sequence;
  const Sequence next(0xfffffff0);
  Reassembly come;
  for (std::uint32_t i = 1; i <= Reassembly::ranges_max; ++i) {
    CHECK(come.add(next + i * 10, next + i * 10 + 5));
  }
  CHECK(come.full());
  CHECK_FALSE(come.add(next + 1000, next + 1001));
  CHECK(come.add(next + 15, next + 20));  // closes a gap
  CHECK(come.range_count() == Reassembly::ranges_max - 1);
  CHECK(come.contains(next + 10, next + 25));
  CHECK_FALSE(come.contains(next + 10, next + 26));
  CHECK(come.advance(next + 10) == next + 25);
  CHECK(come.advance(next + 29) == next + 29);
  CHECK(come.advance(next + 1000) == next + 1000);
  CHECK(come.empty());
}

TEST_CASE("round trips of zero give a timeout all the same") {
  RoundTrip round_trip;
  for (int i = 0; i < 100; ++i) round_trip.sample(Duration(0));
  CHECK(round_trip.timeout(0) == rto_min);
  CHECK(round_trip.timeout(1) == 2 * rto_min);
  CHECK(round_trip.timeout(100) == rto_max);
}

TEST_CASE("CUBIC grows back to where it was, flat, and then beyond it") {
  Cubic cubic;
  Congestion& congestion = cubic;
  congestion.start(1000);
  congestion.set_window(100'000);
  TimePoint now;
  congestion.lost(100'000, now);
  CHECK(congestion.threshold() == 70'000);
  congestion.set_window(congestion.threshold());
  constexpr Duration round_trip = std::chrono::milliseconds(100);
  // K is the third root of 30 / 0.4: 4.2 s.
  const auto after = [&](double until_s) {
    for (; now.time_since_epoch() < std::chrono::duration<double>(until_s); now += round_trip) {
      congestion.acknowledged(congestion.window(), round_trip, now);
    }
    return congestion.window();
  };
  const std::uint32_t early = after(2);
  CHECK(early > 85'000);
  CHECK(early < 100'000);
  const std::uint32_t there = after(4.2);
  CHECK(there > 97'000);
  CHECK(there < 103'000);
  CHECK(after(8) > 115'000);
}

}  // namespace sundog::net::tcp
