// TCP's header and options: every field that is written is read back.
#include <array>
#include <cstddef>
#include <vector>

#include "sundog/io/net/wire/tcp_segment.hpp"
#include "tests/catch.hpp"

namespace sundog::net::wire {
namespace {

std::vector<std::byte> written(const TcpHeader& header) {
  std::vector<std::byte> bytes(tcp_header_bytes(header), std::byte{0xaa});
  write_tcp_header(header, bytes);
  return bytes;
}

void reads_back(const TcpHeader& header) {
  const auto bytes = written(header);
  const auto parsed = parse_tcp_header(bytes);
  REQUIRE(parsed);
  CHECK(parsed->header == header);
  CHECK(parsed->header_bytes == bytes.size());
}

std::vector<std::byte> bytes_of(std::initializer_list<int> numbers) {
  std::vector<std::byte> bytes;
  for (const int number : numbers) bytes.push_back(static_cast<std::byte>(number));
  return bytes;
}

}  // namespace

TEST_CASE("each field of a TCP header is read back as it was written") {
  TcpHeader header;
  header.source_port = 0x1234;
  header.destination_port = 0xfedc;
  header.sequence = Sequence(0x01020304);
  header.window = 0x8001;
  reads_back(header);
  for (bool TcpFlags::* flag : {&TcpFlags::fin, &TcpFlags::syn, &TcpFlags::rst, &TcpFlags::psh,
                                &TcpFlags::ack, &TcpFlags::urg, &TcpFlags::ece, &TcpFlags::cwr}) {
    TcpHeader one = header;
    one.flags.*flag = true;
    reads_back(one);
  }
  header.flags.ack = true;
  header.acknowledgement = Sequence(0xf0e0d0c0);
  header.flags.urg = true;
  header.urgent = 0x4321;
  reads_back(header);
}

TEST_CASE("each TCP option is read back, alone and beside others") {
  for (unsigned which = 0; which < 16; ++which) {
    TcpHeader header;
    header.flags.syn = true;
    if (which & 1) header.options.segment_bytes_max = 1460;
    if (which & 2) header.options.window_scale = 7;
    if (which & 4) header.options.sack_permitted = true;
    if (which & 8) header.options.timestamps = TcpTimestamps{0x01020304, 0xf5f6f7f8};
    INFO(which);
    CHECK(tcp_header_bytes(header) % 4 == 0);
    CHECK(tcp_header_bytes(header) <= tcp_header_bytes_max);
    reads_back(header);
  }
  for (std::uint8_t blocks = 1; blocks <= 4; ++blocks) {
    TcpHeader header;
    header.flags.ack = true;
    if (blocks < 4) header.options.timestamps = TcpTimestamps{1, 2};
    for (std::uint8_t i = 0; i < blocks; ++i) {
      header.options.sack[i] = {Sequence(0xfffffff0 + i * 100),
                                Sequence(0xfffffff0 + i * 100 + 50)};
    }
    header.options.sack_count = blocks;
    CHECK(tcp_header_bytes(header) <= tcp_header_bytes_max);
    reads_back(header);
  }
}

TEST_CASE("a TCP header that is too short, or whose options lead outside, is none") {
  TcpHeader header;
  header.options.segment_bytes_max = 1000;
  const auto bytes = written(header);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(parse_tcp_header(Bytes(bytes).first(size)));
  }
  auto small = bytes;
  small[12] = std::byte{0x40};  // a data offset of 16 bytes
  CHECK_FALSE(parse_tcp_header(small));
}

TEST_CASE("malformed TCP options are skipped, and what stood before them holds") {
  // MSS, then a length that leads outside.
  const auto outside = parse_tcp_options(bytes_of({2, 4, 5, 0xb4, 8, 10, 0, 0}));
  CHECK(outside.segment_bytes_max == 1460);
  CHECK_FALSE(outside.timestamps);
  // A length of 0 and of 1, which would be read for ever.
  CHECK_FALSE(parse_tcp_options(bytes_of({5, 0, 2, 4, 5, 0xb4})).segment_bytes_max);
  CHECK_FALSE(parse_tcp_options(bytes_of({99, 1, 2, 4, 5, 0xb4})).segment_bytes_max);
  // Known kinds of a wrong length, and an unknown kind: what follows is read.
  const auto skipped = parse_tcp_options(bytes_of({2, 3, 9, 3, 2, 99, 4, 1, 2, 4, 2, 1, 1}));
  CHECK_FALSE(skipped.segment_bytes_max);
  CHECK_FALSE(skipped.window_scale);
  CHECK(skipped.sack_permitted);
  // Nothing is read behind the end.
  CHECK_FALSE(parse_tcp_options(bytes_of({0, 4, 2})).sack_permitted);
  // A shift that is too large counts as 14 (RFC 7323 section 2.3).
  CHECK(parse_tcp_options(bytes_of({3, 3, 200})).window_scale == 14);
}

TEST_CASE("sequence numbers are compared the shorter way around") {
  const Sequence before(0xfffffff0);
  const Sequence after = before + 0x20;
  CHECK(before < after);
  CHECK(after > before);
  CHECK(after - before == 0x20);
  CHECK(before - after == -0x20);
  CHECK(after.since(before) == 0x20);
  CHECK(later(before, after) == after);
  CHECK(earlier(before, after) == before);
  CHECK(before <= before);
  CHECK_FALSE(before < before);
}

}  // namespace sundog::net::wire
