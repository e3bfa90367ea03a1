// Headers of packets as peers send them. What is parsed and written again reads the same, and no
// parser looks beyond what there is.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "sundog/io/net/wire/arp.hpp"
#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/ethernet.hpp"
#include "sundog/io/net/wire/icmp4.hpp"
#include "sundog/io/net/wire/ipv4.hpp"
#include "sundog/io/net/wire/ipv6.hpp"
#include "sundog/io/net/wire/udp.hpp"

using namespace sundog;
using namespace sundog::net::wire;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void check_ipv4(Bytes bytes, std::size_t available) {
  const auto header = parse_ipv4(bytes, available);
  if (!header) return;
  check(parse_quoted_ipv4(bytes) == header);
  static_cast<void>(has_source_route(bytes, *header));
  // Options are not written: such a header is another one.
  if (header->header_bytes != 20) return;
  std::array<std::byte, 20> again{};
  write_ipv4(again, *header);
  check(parse_ipv4(again, available) == header);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  std::array<std::byte, 64> again{};
  if (const auto header = parse_ethernet(bytes)) {
    write_ethernet(again, *header);
    check(parse_ethernet(again) == header);
  }
  if (const auto arp = parse_arp(bytes)) {
    write_arp(again, *arp);
    check(parse_arp(again) == arp);
  }
  check_ipv4(bytes, size);
  check_ipv4(bytes, 65'535);
  if (const auto header = parse_ipv6(bytes, size)) {
    write_ipv6(again, *header);
    check(parse_quoted_ipv6(again) == header);
  }
  if (const auto header = parse_icmp4(bytes)) {
    write_icmp4(again, *header);
    check(parse_icmp4(again) == header);
  }
  if (const auto header = parse_udp(bytes, size)) {
    write_udp(again, *header);
    check(parse_udp(again, size) == header);
  }
  // A sum does not depend on where the bytes are parted.
  const std::size_t parted = size == 0 ? 0 : data[0] % size;
  InternetSum sum;
  sum.add(bytes.first(parted));
  sum.add(bytes.subspan(parted));
  check(sum.checksum() == internet_checksum(bytes));
  return 0;
}
