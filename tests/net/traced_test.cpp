// What a capture of a network device holds, read back block by block.
#include "sundog/io/net/device/traced.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sundog/io/memory/network_cable.hpp"
#include "sundog/io/run.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/network.hpp"

using namespace sundog;
using net::Traced;

static_assert(Network<Traced<CableEnd>>);

namespace {

struct Memory final : net::CaptureSink {
  void write(std::string_view more) noexcept override { bytes += more; }
  std::uint64_t time_ns() const noexcept override { return 0x1122334455667788; }
  std::string bytes;
};

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;) {
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return number;
}

struct Block {
  std::uint32_t type;
  std::string_view body;
};

std::vector<Block> blocks_of(std::string_view bytes) {
  std::vector<Block> blocks;
  while (!bytes.empty()) {
    REQUIRE(bytes.size() >= 12);
    const std::uint32_t length = number_at(bytes, 4);
    REQUIRE(length % 4 == 0);
    REQUIRE(length <= bytes.size());
    CHECK(number_at(bytes, length - 4) == length);
    blocks.push_back({number_at(bytes, 0), bytes.substr(8, length - 12)});
    bytes.remove_prefix(length);
  }
  return blocks;
}

std::string_view frame_in(const Block& block) {
  CHECK(number_at(block.body, 12) == number_at(block.body, 16));
  return block.body.substr(20, number_at(block.body, 12));
}

}  // namespace

TEST_CASE("a capture holds every frame of both directions, with its time and what is odd of it") {
  Memory memory;
  std::string sent;
  std::string answered;
  const auto test = [&]() -> Task<void> {
    auto ends = network_cable();
    Traced left(std::move(ends.first), "wire", memory);
    CableEnd& right = ends.second;
    const auto text = [](const std::vector<std::byte>& bytes) {
      return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    co_await contract::send_frame(left, right.mac(), 77, 1);
    sent = text(co_await contract::next_frame(right));
    co_await contract::send_frame(right, left.mac(), 60, 2);
    answered = text(co_await contract::next_frame(left));
    TransmitBuffer buffer = co_await left.buffer(60);
    contract::write_frame(buffer.bytes(), right.mac(), left.mac(), 3);
    PacketOffload offload;
    offload.checksum = Checksum::partial;
    offload.checksum_start = 34;
    offload.checksum_offset = 6;
    left.send(std::move(buffer), offload);
  };
  run(test());
  const std::vector<Block> blocks = blocks_of(memory.bytes);
  REQUIRE(blocks.size() == 3 + 3);
  CHECK(blocks[0].type == 0x0a0d0d0a);
  CHECK(number_at(blocks[0].body, 0) == 0x1a2b3c4d);
  CHECK(blocks[1].type == 1);
  CHECK(blocks[1].body.find("wire in") != std::string_view::npos);
  CHECK(blocks[2].body.find("wire out") != std::string_view::npos);
  for (std::size_t i = 3; i < 6; ++i) {
    CHECK(blocks[i].type == 6);
    CHECK(number_at(blocks[i].body, 4) == 0x11223344);
    CHECK(number_at(blocks[i].body, 8) == 0x55667788);
  }
  CHECK(number_at(blocks[3].body, 0) == 1);
  CHECK(frame_in(blocks[3]) == sent);
  CHECK(number_at(blocks[4].body, 0) == 0);
  CHECK(frame_in(blocks[4]) == answered);
  CHECK(blocks[5].body.find("the checksum is left to others") != std::string_view::npos);
}
