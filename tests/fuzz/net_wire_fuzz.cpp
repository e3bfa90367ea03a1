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
#include "sundog/io/net/wire/icmp6.hpp"
#include "sundog/io/net/wire/igmp.hpp"
#include "sundog/io/net/wire/ipv4.hpp"
#include "sundog/io/net/wire/ipv6.hpp"
#include "sundog/io/net/wire/ipv6_extensions.hpp"
#include "sundog/io/net/wire/mld.hpp"
#include "sundog/io/net/wire/neighbour_discovery.hpp"
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

void check_ipv6(Bytes bytes) {
  const auto header = parse_ipv6(bytes, bytes.size());
  if (!header) return;
  std::array<std::byte, 40> again{};
  write_ipv6(again, *header);
  check(parse_quoted_ipv6(again) == header);
  const Extensions chain = follow_extensions(bytes);
  check(chain.start <= bytes.size() && chain.named_at < bytes.size());
  if (chain.end == Extensions::End::problem) check(chain.pointer < bytes.size());
  if (chain.end == Extensions::End::fragment) check(chain.fragment.has_value());
}

// What is read of the options is the same when it is written and read again.
void check_discovery_options(Bytes options) {
  const bool whole = are_options_whole(options);
  std::size_t bytes = 0;
  DiscoveryOptions left(options);
  while (const auto option = left.next()) {
    bytes += option->bytes.size();
    std::array<std::byte, prefix_option_bytes> again{};
    if (const auto information = parse_prefix_information(option->bytes)) {
      write_prefix_information(again, *information);
      check(parse_prefix_information(again) == information);
    }
    if (const auto servers = parse_name_servers(option->bytes)) {
      for (std::size_t i = 0; i < servers->count; ++i) name_server_at(option->bytes, i);
    }
    static_cast<void>(parse_mtu_option(option->bytes));
  }
  check(bytes <= options.size() && (!whole || bytes == options.size()));
  static_cast<void>(find_mac(options, DiscoveryOptionType::source_mac));
  static_cast<void>(find_nonce(options));
}

void check_icmp6(Bytes message) {
  std::array<std::byte, 64> again{};
  if (const auto header = parse_icmp6(message)) {
    write_icmp6(again, *header);
    check(parse_icmp6(again) == header);
  }
  if (const auto solicitation = parse_neighbour_solicitation(message)) {
    check_discovery_options(solicitation->options);
  }
  if (const auto advertisement = parse_neighbour_advertisement(message)) {
    write_neighbour_advertisement(again, *advertisement);
    check(parse_neighbour_advertisement(again)->target == advertisement->target);
  }
  if (const auto advertisement = parse_router_advertisement(message)) {
    write_router_advertisement(again, *advertisement);
    check(parse_router_advertisement(again)->lifetime_s == advertisement->lifetime_s);
    check_discovery_options(advertisement->options);
  }
  if (const auto redirect = parse_redirect(message)) {
    write_redirect(again, *redirect);
    check(parse_redirect(again)->destination == redirect->destination);
  }
  static_cast<void>(parse_mld_query(message));
  if (const auto query = parse_igmp_query(message)) {
    if (query->version == ListenerVersion::third) return;
    write_igmp_query(again, *query);
    check(parse_igmp_query(Bytes(again).first(igmp_message_bytes)) == query);
  }
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
  check_ipv6(bytes);
  check_icmp6(bytes);
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
