#include "sundog/io/net/resolver/special_names.hpp"

namespace sundog::net {

std::optional<std::vector<IpAddress>> special_addresses(const dns::Name& name) {
  std::vector<IpAddress> addresses;
  if (name.is_within(dns::Name::try_parse("localhost").value())) {
    addresses.push_back(IpAddress::loopback_v6());
    addresses.push_back(IpAddress::loopback_v4());
    return addresses;
  }
  if (name.is_within(dns::Name::try_parse("invalid").value())) return addresses;
  return std::nullopt;
}

}  // namespace sundog::net
