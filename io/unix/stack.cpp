#include "sundog/io/unix/stack.hpp"

#include <ifaddrs.h>
#include <net/if.h>

#include <bit>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "sundog/io/unix/inherited_listeners.hpp"

namespace sundog {
namespace {

// As many as the mask has bits.
unsigned length_of(const IpAddress& mask) noexcept {
  unsigned length_bits = 0;
  for (const std::uint8_t byte : mask.bytes()) {
    length_bits += static_cast<unsigned>(std::popcount(byte));
  }
  return length_bits;
}

IpAddress address_of(const sockaddr* address, int family) {
  const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  return Endpoint(Address::from(address, size)).address();
}

}  // namespace

Acceptor HostStack::listen(const Address& address) {
  if (auto inherited = take_inherited_listener(address)) {
    return Acceptor(std::move(*inherited), true);
  }
  return Acceptor(address);
}

std::vector<Prefix> HostStack::addresses() const {
  ifaddrs* found = nullptr;
  if (::getifaddrs(&found) < 0) {
    throw std::system_error(errno, std::system_category(), "getifaddrs");
  }
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(found, ::freeifaddrs);
  std::vector<Prefix> addresses;
  for (const ifaddrs* entry = found; entry != nullptr; entry = entry->ifa_next) {
    const bool is_up = (entry->ifa_flags & IFF_UP) != 0;
    if (!is_up || entry->ifa_addr == nullptr || entry->ifa_netmask == nullptr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    addresses.emplace_back(address_of(entry->ifa_addr, family),
                           length_of(address_of(entry->ifa_netmask, family)));
  }
  return addresses;
}

}  // namespace sundog
