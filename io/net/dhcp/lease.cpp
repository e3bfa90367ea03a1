#include "sundog/io/net/dhcp/lease.hpp"

#include <algorithm>
#include <bit>
#include <chrono>

#include "sundog/io/net/wire/fields.hpp"

namespace sundog::net::dhcp {
namespace {

constexpr std::uint32_t without_end = 0xffffffff;
// IPv4's smallest (RFC 791); less is a mistake.
constexpr std::uint16_t mtu_min = 68;

std::optional<unsigned> length_of(std::uint32_t mask) noexcept {
  const auto length = static_cast<unsigned>(std::countl_one(mask));
  const bool is_contiguous = length == 32 || mask << length == 0;
  return is_contiguous && length > 0 ? std::optional(length) : std::nullopt;
}

// What an address without a mask is in: its class's network (RFC 950), for servers that give none.
unsigned classful_length(const IpAddress& address) noexcept {
  const std::uint8_t first = address.bytes()[0];
  if (first < 128) return 8;
  return first < 192 ? 16 : 24;
}

AddressList read_list(const Message& message, OptionCode code, const AddressList& otherwise) {
  std::array<std::byte, 4 * AddressList::size_max> value;
  const auto size = message.option(code, value);
  if (!size || *size == 0 || *size % 4 != 0) return otherwise;
  AddressList list;
  for (std::size_t at = 0; at + 4 <= std::min(*size, value.size()); at += 4) {
    list.add(wire::read_v4(value, at));
  }
  return list;
}

// T1 and T2 as the server gives them, or the usual halves and eighths where they make no sense.
void set_times(Lease& lease, const Message& message, std::uint32_t lease_s,
               TimePoint asked_at) noexcept {
  using std::chrono::seconds;
  if (lease_s == without_end) {
    lease.renewal = lease.rebinding = lease.end = never;
    return;
  }
  const Duration whole = seconds(lease_s);
  const auto given = [&](OptionCode code, Duration usual) {
    const auto number = message.number32(code);
    return number ? Duration(seconds(*number)) : usual;
  };
  Duration renewal = given(OptionCode::renewal_time, whole / 2);
  Duration rebinding = given(OptionCode::rebinding_time, whole / 8 * 7);
  if (renewal <= Duration::zero() || renewal >= rebinding || rebinding >= whole) {
    renewal = whole / 2;
    rebinding = whole / 8 * 7;
  }
  lease.renewal = deadline_after(asked_at, renewal);
  lease.rebinding = deadline_after(asked_at, rebinding);
  lease.end = deadline_after(asked_at, whole);
}

}  // namespace

std::optional<Lease> Lease::read(const Message& message, TimePoint asked_at,
                                 const std::optional<Lease>& known) noexcept {
  const auto server = message.address(OptionCode::server);
  const auto lease_s = message.number32(OptionCode::lease_time);
  const bool is_usable =
      !message.your.is_any() && !message.your.is_multicast() && !message.your.is_loopback();
  if (!is_usable || !server || !lease_s || *lease_s == 0) return std::nullopt;
  Lease lease = known.value_or(Lease());
  const auto mask = message.number32(OptionCode::subnet_mask);
  const auto length = mask ? length_of(*mask) : std::nullopt;
  if (length) {
    lease.address = Prefix(message.your, *length);
  } else if (!known || known->address.address() != message.your) {
    lease.address = Prefix(message.your, classful_length(message.your));
  }
  lease.server = *server;
  lease.routers = read_list(message, OptionCode::routers, lease.routers);
  lease.name_servers = read_list(message, OptionCode::name_servers, lease.name_servers);
  const auto mtu = message.number16(OptionCode::mtu);
  if (mtu && *mtu >= mtu_min) lease.mtu = mtu;
  set_times(lease, message, *lease_s, asked_at);
  return lease;
}

}  // namespace sundog::net::dhcp
