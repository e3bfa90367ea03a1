#include "sundog/io/net/wire/neighbour_discovery.hpp"

#include <algorithm>

#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/net/wire/icmp6.hpp"

namespace sundog::net::wire {
namespace {

constexpr std::uint32_t router_bit = std::uint32_t{1} << 31;
constexpr std::uint32_t solicited_bit = std::uint32_t{1} << 30;
constexpr std::uint32_t override_bit = std::uint32_t{1} << 29;

constexpr unsigned managed_bit = 0x80;
constexpr unsigned other_bit = 0x40;
constexpr unsigned preference_shift = 3;
constexpr unsigned preference_bits = 3;
constexpr unsigned preference_reserved = 2;

constexpr unsigned on_link_bit = 0x80;
constexpr unsigned autonomous_bit = 0x40;

constexpr std::size_t option_unit = 8;
constexpr std::size_t address_bytes = 16;
constexpr unsigned prefix_bits_max = 128;

void write_head(MutableBytes message, Icmp6Type type, std::uint32_t rest = 0) noexcept {
  write_icmp6(message, {type, 0, rest});
}

void write_option_head(MutableBytes option, DiscoveryOptionType type, std::size_t bytes) noexcept {
  write_u8(option, 0, static_cast<unsigned>(type));
  write_u8(option, 1, static_cast<unsigned>(bytes / option_unit));
}

}  // namespace

// --- messages ---

std::optional<NeighbourSolicitation> parse_neighbour_solicitation(Bytes message) noexcept {
  if (message.size() < neighbour_message_bytes) return std::nullopt;
  return NeighbourSolicitation{read_v6(message, 8), message.subspan(neighbour_message_bytes)};
}

std::optional<NeighbourAdvertisement> parse_neighbour_advertisement(Bytes message) noexcept {
  if (message.size() < neighbour_message_bytes) return std::nullopt;
  const std::uint32_t flags = read_u32(message, 4);
  NeighbourAdvertisement advertisement;
  advertisement.is_router = (flags & router_bit) != 0;
  advertisement.solicited = (flags & solicited_bit) != 0;
  advertisement.replaces = (flags & override_bit) != 0;
  advertisement.target = read_v6(message, 8);
  advertisement.options = message.subspan(neighbour_message_bytes);
  return advertisement;
}

std::optional<RouterAdvertisement> parse_router_advertisement(Bytes message) noexcept {
  if (message.size() < router_advertisement_bytes) return std::nullopt;
  const unsigned flags = read_u8(message, 5);
  const unsigned preference = flags >> preference_shift & preference_bits;
  RouterAdvertisement advertisement;
  advertisement.hop_limit = read_u8(message, 4);
  advertisement.managed = (flags & managed_bit) != 0;
  advertisement.other = (flags & other_bit) != 0;
  if (preference != preference_reserved) {
    advertisement.preference = static_cast<RouterAdvertisement::Preference>(preference);
  }
  advertisement.lifetime_s = read_u16(message, 6);
  advertisement.reachable_ms = read_u32(message, 8);
  advertisement.retransmit_ms = read_u32(message, 12);
  advertisement.options = message.subspan(router_advertisement_bytes);
  return advertisement;
}

std::optional<Redirect> parse_redirect(Bytes message) noexcept {
  if (message.size() < redirect_bytes) return std::nullopt;
  return Redirect{read_v6(message, 8), read_v6(message, 24), message.subspan(redirect_bytes)};
}

void write_neighbour_solicitation(MutableBytes message, const IpAddress& target) noexcept {
  write_head(message, Icmp6Type::neighbour_solicitation);
  write_address(message, 8, target);
}

void write_neighbour_advertisement(MutableBytes message,
                                   const NeighbourAdvertisement& advertisement) noexcept {
  write_head(message, Icmp6Type::neighbour_advertisement,
             (advertisement.is_router ? router_bit : 0) |
                 (advertisement.solicited ? solicited_bit : 0) |
                 (advertisement.replaces ? override_bit : 0));
  write_address(message, 8, advertisement.target);
}

void write_router_solicitation(MutableBytes message) noexcept {
  write_head(message, Icmp6Type::router_solicitation);
}

void write_router_advertisement(MutableBytes message,
                                const RouterAdvertisement& advertisement) noexcept {
  write_head(message, Icmp6Type::router_advertisement);
  write_u8(message, 4, advertisement.hop_limit);
  write_u8(message, 5,
           (advertisement.managed ? managed_bit : 0) | (advertisement.other ? other_bit : 0) |
               static_cast<unsigned>(advertisement.preference) << preference_shift);
  write_u16(message, 6, advertisement.lifetime_s);
  write_u32(message, 8, advertisement.reachable_ms);
  write_u32(message, 12, advertisement.retransmit_ms);
}

void write_redirect(MutableBytes message, const Redirect& redirect) noexcept {
  write_head(message, Icmp6Type::redirect);
  write_address(message, 8, redirect.target);
  write_address(message, 24, redirect.destination);
}

// --- options ---

bool are_options_whole(Bytes options) noexcept {
  while (!options.empty()) {
    if (options.size() < option_unit) return false;
    const std::size_t bytes = read_u8(options, 1) * option_unit;
    if (bytes == 0 || bytes > options.size()) return false;
    options = options.subspan(bytes);
  }
  return true;
}

std::optional<DiscoveryOption> DiscoveryOptions::next() noexcept {
  if (left_.size() < option_unit) return std::nullopt;
  const std::size_t bytes = read_u8(left_, 1) * option_unit;
  if (bytes == 0 || bytes > left_.size()) return std::nullopt;
  const DiscoveryOption option{static_cast<DiscoveryOptionType>(read_u8(left_, 0)),
                               left_.first(bytes)};
  left_ = left_.subspan(bytes);
  return option;
}

std::optional<MacAddress> find_mac(Bytes options, DiscoveryOptionType type) noexcept {
  DiscoveryOptions left(options);
  while (const auto option = left.next()) {
    if (option->type == type && option->bytes.size() == mac_option_bytes) {
      return read_mac(option->bytes, 2);
    }
  }
  return std::nullopt;
}

std::optional<DiscoveryNonce> find_nonce(Bytes options) noexcept {
  DiscoveryOptions left(options);
  while (const auto option = left.next()) {
    if (option->type != DiscoveryOptionType::nonce || option->bytes.size() != nonce_option_bytes) {
      continue;
    }
    DiscoveryNonce nonce;
    std::ranges::copy(option->bytes.subspan(2), nonce.begin());
    return nonce;
  }
  return std::nullopt;
}

std::optional<PrefixInformation> parse_prefix_information(Bytes option) noexcept {
  if (option.size() != prefix_option_bytes || read_u8(option, 2) > prefix_bits_max) {
    return std::nullopt;
  }
  const unsigned flags = read_u8(option, 3);
  PrefixInformation information;
  // What stands behind the prefix is to be ignored.
  const Prefix given(read_v6(option, 16), read_u8(option, 2));
  information.prefix = Prefix(given.network(), given.length_bits());
  information.on_link = (flags & on_link_bit) != 0;
  information.autonomous = (flags & autonomous_bit) != 0;
  information.valid_s = read_u32(option, 4);
  information.preferred_s = read_u32(option, 8);
  return information;
}

std::optional<std::uint32_t> parse_mtu_option(Bytes option) noexcept {
  if (option.size() != mtu_option_bytes) return std::nullopt;
  return read_u32(option, 4);
}

std::optional<NameServerOption> parse_name_servers(Bytes option) noexcept {
  const std::size_t addresses = option.size() < option_unit ? 0 : option.size() - option_unit;
  if (addresses == 0 || addresses % address_bytes != 0) return std::nullopt;
  return NameServerOption{read_u32(option, 4), addresses / address_bytes};
}

IpAddress name_server_at(Bytes option, std::size_t n) noexcept {
  return read_v6(option, option_unit + n * address_bytes);
}

void write_mac_option(MutableBytes option, DiscoveryOptionType type, MacAddress mac) noexcept {
  write_option_head(option, type, mac_option_bytes);
  write_mac(option, 2, mac);
}

void write_nonce_option(MutableBytes option, const DiscoveryNonce& nonce) noexcept {
  write_option_head(option, DiscoveryOptionType::nonce, nonce_option_bytes);
  std::ranges::copy(nonce, option.begin() + 2);
}

void write_mtu_option(MutableBytes option, std::uint32_t mtu) noexcept {
  write_option_head(option, DiscoveryOptionType::mtu, mtu_option_bytes);
  write_u16(option, 2, 0);
  write_u32(option, 4, mtu);
}

void write_prefix_information(MutableBytes option, const PrefixInformation& information) noexcept {
  write_option_head(option, DiscoveryOptionType::prefix_information, prefix_option_bytes);
  write_u8(option, 2, information.prefix.length_bits());
  write_u8(option, 3,
           (information.on_link ? on_link_bit : 0) | (information.autonomous ? autonomous_bit : 0));
  write_u32(option, 4, information.valid_s);
  write_u32(option, 8, information.preferred_s);
  write_u32(option, 12, 0);
  write_address(option, 16, information.prefix.address());
}

void write_name_servers(MutableBytes option, std::uint32_t lifetime_s,
                        std::span<const IpAddress> servers) noexcept {
  write_option_head(option, DiscoveryOptionType::name_servers,
                    option_unit + servers.size() * address_bytes);
  write_u16(option, 2, 0);
  write_u32(option, 4, lifetime_s);
  std::size_t at = option_unit;
  for (const IpAddress& server : servers) {
    write_address(option, at, server);
    at += address_bytes;
  }
}

IpAddress solicited_node_group(const IpAddress& address) noexcept {
  const auto octets = address.bytes();
  return IpAddress::v6(
      {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, octets[13], octets[14], octets[15]});
}

}  // namespace sundog::net::wire
