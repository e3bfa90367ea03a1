// ICMPv6 and neighbour discovery's messages: what is written is read back, and what does not hold
// together is refused (RFC 4443, RFC 4861 section 4, RFC 8106).
#include <array>
#include <cstdint>
#include <vector>

#include "sundog/io/net/wire/icmp6.hpp"
#include "sundog/io/net/wire/neighbour_discovery.hpp"
#include "tests/catch.hpp"
#include "tests/net/bytes_of.hpp"

using namespace sundog;
using namespace sundog::net::wire;
using test::bytes_of;

namespace {

constexpr IpAddress target = IpAddress::parse("2001:db8::1234:5678");
const MacAddress mac({2, 0, 0, 0, 0, 0x77});

}  // namespace

TEST_CASE("an ICMPv6 header is read as it was written") {
  const Icmp6Header header{Icmp6Type::packet_too_big, 0, 1280};
  std::array<std::byte, 8> message{};
  write_icmp6(message, header);
  CHECK(parse_icmp6(message) == header);
  CHECK_FALSE(parse_icmp6(Bytes(message).first(7)));
  CHECK(is_icmp6_error(Icmp6Type::parameter_problem));
  CHECK_FALSE(is_icmp6_error(Icmp6Type::echo));
}

TEST_CASE("a neighbour solicitation is read as it was written, and as others write it") {
  std::vector<std::byte> message(neighbour_message_bytes);
  write_neighbour_solicitation(message, target);
  CHECK(message == bytes_of("87000000 00000000 20010db8000000000000000012345678"));
  const auto read = parse_neighbour_solicitation(message);
  REQUIRE(read);
  CHECK(read->target == target);
  CHECK(read->options.empty());
  CHECK_FALSE(parse_neighbour_solicitation(Bytes(message).first(23)));
}

TEST_CASE("a neighbour advertisement is read as it was written, flag by flag") {
  for (unsigned flags = 0; flags < 8; ++flags) {
    NeighbourAdvertisement advertisement;
    advertisement.is_router = (flags & 1) != 0;
    advertisement.solicited = (flags & 2) != 0;
    advertisement.replaces = (flags & 4) != 0;
    advertisement.target = target;
    std::vector<std::byte> message(neighbour_message_bytes);
    write_neighbour_advertisement(message, advertisement);
    const auto read = parse_neighbour_advertisement(message);
    REQUIRE(read);
    CHECK(read->is_router == advertisement.is_router);
    CHECK(read->solicited == advertisement.solicited);
    CHECK(read->replaces == advertisement.replaces);
    CHECK(read->target == target);
    CHECK_FALSE(parse_neighbour_advertisement(Bytes(message).first(23)));
  }
  CHECK(
      parse_neighbour_advertisement(bytes_of("88000000 e0000000 20010db8000000000000000000000001"))
          ->is_router);
}

TEST_CASE("a router advertisement is read as it was written, field by field") {
  using Preference = RouterAdvertisement::Preference;
  for (const Preference preference : {Preference::low, Preference::medium, Preference::high}) {
    RouterAdvertisement advertisement;
    advertisement.hop_limit = 61;
    advertisement.managed = preference == Preference::low;
    advertisement.other = preference != Preference::low;
    advertisement.preference = preference;
    advertisement.lifetime_s = 1800;
    advertisement.reachable_ms = 30'000;
    advertisement.retransmit_ms = 1000;
    std::vector<std::byte> message(router_advertisement_bytes + 8);
    write_router_advertisement(message, advertisement);
    write_mtu_option(MutableBytes(message).subspan(router_advertisement_bytes), 1400);
    const auto read = parse_router_advertisement(message);
    REQUIRE(read);
    CHECK(read->hop_limit == 61);
    CHECK(read->managed == advertisement.managed);
    CHECK(read->other == advertisement.other);
    CHECK(read->preference == preference);
    CHECK(read->lifetime_s == 1800);
    CHECK(read->reachable_ms == 30'000);
    CHECK(read->retransmit_ms == 1000);
    CHECK(read->options.size() == 8);
    CHECK_FALSE(parse_router_advertisement(Bytes(message).first(15)));
    // The reserved preference counts as the medium one (RFC 4191 section 2.2).
    message[5] = std::byte{2 << 3};
    CHECK(parse_router_advertisement(message)->preference == Preference::medium);
  }
}

TEST_CASE("a redirect is read as it was written") {
  std::vector<std::byte> message(redirect_bytes);
  write_redirect(message, {IpAddress::parse("fe80::1"), target, {}});
  const auto read = parse_redirect(message);
  REQUIRE(read);
  CHECK(read->target == IpAddress::parse("fe80::1"));
  CHECK(read->destination == target);
  CHECK_FALSE(parse_redirect(Bytes(message).first(39)));
}

TEST_CASE("a router solicitation is an ICMPv6 header alone") {
  std::vector<std::byte> message(router_solicitation_bytes);
  write_router_solicitation(message);
  CHECK(message == bytes_of("85000000 00000000"));
}

TEST_CASE("Ethernet addresses and nonces are found among other options") {
  const DiscoveryNonce nonce = {std::byte{1}, std::byte{2}, std::byte{3},
                                std::byte{4}, std::byte{5}, std::byte{6}};
  std::vector<std::byte> options(8 * 4);
  write_mtu_option(options, 1500);
  write_nonce_option(MutableBytes(options).subspan(8), nonce);
  write_mac_option(MutableBytes(options).subspan(16), DiscoveryOptionType::source_mac, mac);
  write_mac_option(MutableBytes(options).subspan(24), DiscoveryOptionType::target_mac,
                   MacAddress());
  CHECK(are_options_whole(options));
  CHECK(find_mac(options, DiscoveryOptionType::source_mac) == mac);
  CHECK(find_mac(options, DiscoveryOptionType::target_mac) == MacAddress());
  CHECK(find_nonce(options) == nonce);
  CHECK_FALSE(find_nonce(Bytes(options).first(8)));
  CHECK_FALSE(find_mac({}, DiscoveryOptionType::source_mac));
}

TEST_CASE("options without a length, or that lead outside, make no message (section 4.6)") {
  CHECK(are_options_whole({}));
  CHECK(are_options_whole(bytes_of("c801 000000000000")));
  CHECK_FALSE(are_options_whole(bytes_of("0100 020000000077")));
  CHECK_FALSE(are_options_whole(bytes_of("0102 020000000077")));
  CHECK_FALSE(are_options_whole(bytes_of("0101 0200")));
  // And whoever reads them all the same comes to an end.
  const std::vector<std::byte> zero = bytes_of("0100 020000000077");
  CHECK_FALSE(DiscoveryOptions(zero).next());
  CHECK_FALSE(find_mac(zero, DiscoveryOptionType::source_mac));
}

TEST_CASE("a prefix's information is read as it was written, and its host's bits are ignored") {
  for (const bool flag : {false, true}) {
    const PrefixInformation information{Prefix::parse("2001:db8:1:2::/64"), flag, !flag, 86'400,
                                        14'400};
    std::vector<std::byte> option(prefix_option_bytes);
    write_prefix_information(option, information);
    CHECK(parse_prefix_information(option) == information);
    option[31] = std::byte{0xff};
    CHECK(parse_prefix_information(option) == information);
    option[2] = std::byte{129};
    CHECK_FALSE(parse_prefix_information(option));
    CHECK_FALSE(parse_prefix_information(Bytes(option).first(24)));
  }
}

TEST_CASE("an mtu and name servers are read as they were written (RFC 8106 section 5.1)") {
  std::vector<std::byte> option(mtu_option_bytes);
  write_mtu_option(option, 9000);
  CHECK(parse_mtu_option(option) == 9000);
  const std::array servers = {IpAddress::parse("2001:db8::53"), IpAddress::parse("fe80::53")};
  option.resize(8 + 32);
  write_name_servers(option, 600, servers);
  CHECK_FALSE(parse_mtu_option(option));
  const auto read = parse_name_servers(option);
  REQUIRE(read);
  CHECK(read->lifetime_s == 600);
  REQUIRE(read->count == 2);
  CHECK(name_server_at(option, 0) == servers[0]);
  CHECK(name_server_at(option, 1) == servers[1]);
  CHECK_FALSE(parse_name_servers(Bytes(option).first(8)));
  CHECK_FALSE(parse_name_servers(Bytes(option).first(16)));
}

TEST_CASE("an address is asked for in the group of its last 24 bits (RFC 4291 section 2.7.1)") {
  CHECK(solicited_node_group(target) == IpAddress::parse("ff02::1:ff34:5678"));
}
