// Neighbour discovery for IPv6 (RFC 4861 section 4): its messages, which are ICMPv6 messages, and
// the options at their ends.
//
// A message's options are read one by one, and their lengths are checked before: a message with an
// option that has none, or leads outside, is no message (sections 6.1 and 7.1).
//
//   const auto message = parse_router_advertisement(bytes);
//   if (message && are_options_whole(message->options)) {
//     for (DiscoveryOptions left(message->options); const auto option = left.next();) { ... }
//   }
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/mac_address.hpp"
#include "sundog/io/prefix.hpp"

namespace sundog::net::wire {

// --- messages: their parsers check the length, their writers leave the checksum 0 ---

inline constexpr std::size_t neighbour_message_bytes = 24;
inline constexpr std::size_t router_solicitation_bytes = 8;
inline constexpr std::size_t router_advertisement_bytes = 16;
inline constexpr std::size_t redirect_bytes = 40;

// Who has this address? (section 4.3)
struct NeighbourSolicitation {
  IpAddress target;
  // What follows, in the message's own memory: for parsers only.
  Bytes options{};
};

// I have (section 4.4).
struct NeighbourAdvertisement {
  bool is_router = false;
  bool solicited = false;
  bool replaces = false;  // "override"
  IpAddress target;
  Bytes options{};
};

// Section 4.2; times of 0 say nothing.
struct RouterAdvertisement {
  // Which of several routers is preferred (RFC 4191 section 2.1).
  enum class Preference : std::uint8_t { medium = 0, high = 1, low = 3 };
  std::uint8_t hop_limit = 0;
  // Addresses, or other things, are to be had by DHCPv6.
  bool managed = false;
  bool other = false;
  Preference preference = Preference::medium;
  // As a default router; 0: it is none.
  std::uint16_t lifetime_s = 0;
  std::uint32_t reachable_ms = 0;
  std::uint32_t retransmit_ms = 0;
  Bytes options{};
};

// Section 4.5.
struct Redirect {
  IpAddress target;
  IpAddress destination;
  Bytes options{};
};

std::optional<NeighbourSolicitation> parse_neighbour_solicitation(Bytes message) noexcept;
std::optional<NeighbourAdvertisement> parse_neighbour_advertisement(Bytes message) noexcept;
std::optional<RouterAdvertisement> parse_router_advertisement(Bytes message) noexcept;
std::optional<Redirect> parse_redirect(Bytes message) noexcept;

// Into the first bytes of a message, as many as the constants above say.
void write_neighbour_solicitation(MutableBytes message, const IpAddress& target) noexcept;
void write_neighbour_advertisement(MutableBytes message,
                                   const NeighbourAdvertisement& advertisement) noexcept;
void write_router_solicitation(MutableBytes message) noexcept;
void write_router_advertisement(MutableBytes message,
                                const RouterAdvertisement& advertisement) noexcept;
void write_redirect(MutableBytes message, const Redirect& redirect) noexcept;

// --- options (section 4.6) ---

enum class DiscoveryOptionType : std::uint8_t {
  source_mac = 1,
  target_mac = 2,
  prefix_information = 3,
  redirected_header = 4,
  mtu = 5,
  nonce = 14,         // RFC 3971 section 5.3.2, for RFC 7527
  name_servers = 25,  // RFC 8106 section 5.1
};

inline constexpr std::size_t mac_option_bytes = 8;
inline constexpr std::size_t nonce_option_bytes = 8;
inline constexpr std::size_t mtu_option_bytes = 8;
inline constexpr std::size_t prefix_option_bytes = 32;

struct DiscoveryOption {
  DiscoveryOptionType type = DiscoveryOptionType::source_mac;
  // All of it, type and length included: a multiple of 8.
  Bytes bytes;
};

// Whether the options' lengths add up to all of the bytes.
bool are_options_whole(Bytes options) noexcept;

// Goes along options that are whole.
class DiscoveryOptions {
 public:
  explicit DiscoveryOptions(Bytes options) noexcept : left_(options) {}
  // Nothing when there are no more.
  std::optional<DiscoveryOption> next() noexcept;

 private:
  Bytes left_;
};

// The first Ethernet address in an option of this type.
std::optional<MacAddress> find_mac(Bytes options, DiscoveryOptionType type) noexcept;

// A number drawn for one solicitation, by which its sender knows it again.
using DiscoveryNonce = std::array<std::byte, 6>;
std::optional<DiscoveryNonce> find_nonce(Bytes options) noexcept;

// Lifetimes in seconds; this one has no end.
inline constexpr std::uint32_t lifetime_without_end = 0xffffffff;

// Section 4.6.2.
struct PrefixInformation {
  Prefix prefix;
  bool on_link = false;     // its addresses are neighbours
  bool autonomous = false;  // for addresses that hosts make themselves
  std::uint32_t valid_s = 0;
  std::uint32_t preferred_s = 0;

  bool operator==(const PrefixInformation&) const = default;
};

// Name servers, all with one lifetime.
struct NameServerOption {
  std::uint32_t lifetime_s = 0;
  std::size_t count = 0;
};

// Of an option of the type that each is named for; nothing if its length is not that type's.
std::optional<PrefixInformation> parse_prefix_information(Bytes option) noexcept;
std::optional<std::uint32_t> parse_mtu_option(Bytes option) noexcept;
std::optional<NameServerOption> parse_name_servers(Bytes option) noexcept;
// The n-th, below its count.
IpAddress name_server_at(Bytes option, std::size_t n) noexcept;

// Into the first bytes.
void write_mac_option(MutableBytes option, DiscoveryOptionType type, MacAddress mac) noexcept;
void write_nonce_option(MutableBytes option, const DiscoveryNonce& nonce) noexcept;
void write_mtu_option(MutableBytes option, std::uint32_t mtu) noexcept;
void write_prefix_information(MutableBytes option, const PrefixInformation& information) noexcept;
// 8 bytes, and 16 for each address.
void write_name_servers(MutableBytes option, std::uint32_t lifetime_s,
                        std::span<const IpAddress> servers) noexcept;

// The group whose members are asked for an address (RFC 4291 section 2.7.1): ff02::1:ffXX:XXXX.
IpAddress solicited_node_group(const IpAddress& address) noexcept;
inline constexpr IpAddress all_nodes_group = IpAddress::parse("ff02::1");
inline constexpr IpAddress all_routers_group = IpAddress::parse("ff02::2");

}  // namespace sundog::net::wire
