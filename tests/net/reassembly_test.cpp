// Fragments that come in any order, twice, too late, overlapping, or as a flood.
#include "sundog/io/net/ipv4/reassembly.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

#include "sundog/io/packet_pool.hpp"
#include "tests/catch.hpp"
#include "tests/net/made_up_ticks.hpp"

using namespace sundog;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t header_bytes = 20;

struct Piece {
  std::uint32_t offset;
  std::uint32_t size;
  bool more;
};

std::byte byte_at(std::size_t offset) { return static_cast<std::byte>(offset * 31 + offset / 256); }

struct Fixture {
  test::MadeUpTicks ticks;
  PacketPool pool{4, 70'000};
  net::Reassembly reassembly{ticks};

  // Nothing, or what was put together.
  std::vector<std::byte> add(const Piece& piece, std::uint32_t identification = 1) {
    PacketMemory* const memory = pool.take(header_bytes + piece.size);
    std::fill_n(memory->data, header_bytes, piece.offset == 0 ? std::byte{0x45} : std::byte{0xee});
    for (std::size_t i = 0; i < piece.size; ++i) {
      memory->data[header_bytes + i] = byte_at(piece.offset + i);
    }
    const ReceivedPacket packet(*memory);
    net::Fragment fragment;
    fragment.source = IpAddress::parse("192.0.2.1");
    fragment.destination = IpAddress::parse("192.0.2.2");
    fragment.identification = identification;
    fragment.protocol = 17;
    fragment.offset = piece.offset;
    fragment.more_follow = piece.more;
    fragment.start = header_bytes;
    fragment.bytes = piece.size;
    std::size_t headers = 0;
    const ReceivedPacket whole = reassembly.add(fragment, packet, headers);
    if (!whole) return {};
    CHECK(headers == header_bytes);
    const MutableBytes bytes = whole.first();
    return {bytes.begin(), bytes.end()};
  }
};

bool is_whole(const std::vector<std::byte>& bytes, std::size_t size) {
  if (bytes.size() != header_bytes + size || bytes[0] != std::byte{0x45}) return false;
  for (std::size_t i = 0; i < size; ++i) {
    if (bytes[header_bytes + i] != byte_at(i)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("fragments are put together in whatever order they come") {
  std::mt19937 shuffle(7);
  for (int round = 0; round < 50; ++round) {
    Fixture f;
    std::vector<Piece> pieces;
    std::uint32_t end = 0;
    while (end < 6000) {
      const std::uint32_t size = 8 * (1 + static_cast<std::uint32_t>(shuffle() % 180));
      pieces.push_back({end, size, true});
      end += size;
    }
    pieces.push_back({end, 1 + static_cast<std::uint32_t>(shuffle() % 100), false});
    end += pieces.back().size;
    // One comes twice.
    pieces.push_back(pieces[shuffle() % pieces.size()]);
    std::ranges::shuffle(pieces, shuffle);
    std::size_t wholes = 0;
    for (const Piece& piece : pieces) {
      const std::vector<std::byte> bytes = f.add(piece);
      if (!bytes.empty()) {
        ++wholes;
        CHECK(is_whole(bytes, end));
      }
    }
    CHECK(wholes == 1);
  }
}

TEST_CASE("fragments of different packets are kept apart") {
  Fixture f;
  CHECK(f.add({0, 16, true}, 1).empty());
  CHECK(f.add({0, 24, true}, 2).empty());
  CHECK(f.add({16, 4, false}, 2).empty());  // overlaps: the second is given up
  CHECK(is_whole(f.add({16, 4, false}, 1), 20));
}

TEST_CASE("fragments that overlap end their packet") {
  const std::vector<Piece> overlapping[] = {
      {{0, 16, true}, {8, 16, true}},   {{8, 16, true}, {0, 16, true}},
      {{8, 8, true}, {0, 24, true}},    {{0, 24, true}, {8, 8, true}},
      {{16, 8, false}, {16, 16, true}}, {{16, 8, false}, {24, 8, true}},
      {{0, 64, true}, {16, 8, false}},  {{16, 8, false}, {16, 4, false}},
      {{16, 8, false}, {24, 8, false}},
  };
  for (const std::vector<Piece>& pieces : overlapping) {
    Fixture f;
    for (const Piece& piece : pieces) CHECK(f.add(piece).empty());
    CHECK(f.reassembly.size() == 0);
    CHECK(f.reassembly.bytes() == 0);
    CHECK(f.reassembly.statistics().failed == 1);
  }
}

TEST_CASE("a packet that would be longer than any can be is refused before it is kept") {
  Fixture f;
  CHECK(f.add({65'512, 24, false}).empty());
  CHECK(f.add({0, 65'536 - 8, true}).empty());
  CHECK(f.reassembly.size() == 0);
  // The longest there is.
  CHECK(f.add({0, 32'768, true}).empty());
  CHECK(is_whole(f.add({32'768, 65'515 - 32'768, false}), 65'515));
}

TEST_CASE("fragments of no bytes, or of an odd length, end their packet") {
  Fixture f;
  CHECK(f.add({0, 16, true}).empty());
  CHECK(f.add({16, 4, true}).empty());
  CHECK(f.reassembly.size() == 0);
  CHECK(f.add({0, 16, true}).empty());
  CHECK(f.add({16, 0, false}).empty());
  CHECK(f.reassembly.size() == 0);
}

TEST_CASE("a packet whose fragments do not come in time is given up") {
  Fixture f;
  CHECK(f.add({0, 16, true}).empty());
  f.ticks.pass(59s);
  CHECK(f.reassembly.size() == 1);
  f.ticks.pass(1s);
  CHECK(f.reassembly.size() == 0);
  CHECK(f.ticks.idle());
  CHECK(f.add({16, 4, false}).empty());
}

TEST_CASE("a flood of fragments takes no more memory than it may, and the newest packet goes on") {
  Fixture f;
  std::uint32_t identification = 0;
  for (int i = 0; i < 5000; ++i) {
    CHECK(f.add({0, 16'000, true}, ++identification).empty());
    CHECK(f.reassembly.bytes() <= net::limits::reassembly_bytes);
    CHECK(f.reassembly.size() <= net::limits::reassemblies);
  }
  CHECK(is_whole(f.add({16'000, 4, false}, identification), 16'004));
}

TEST_CASE("a packet in too many fragments is given up") {
  Fixture f;
  for (std::uint32_t i = 0; i <= net::limits::fragments_of_a_packet; ++i) {
    CHECK(f.add({i * 8, 8, true}).empty());
  }
  CHECK(f.reassembly.size() == 0);
}
