#include "sundog/io/unix/address.hpp"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <stdexcept>
#include <system_error>

#include "sundog/runtime/text/digits.hpp"

namespace sundog {
namespace {

// The number of a network interface by its name or, as an interface's name may be digits too, else
// by its number; 0 where there is none. So does getaddrinfo(3). Any number is taken as it is: the
// kernel refuses one that it does not know when it is used.
std::uint32_t interface_of(std::string_view zone) noexcept {
  // IpAddress keeps no zone longer than an interface's name.
  std::array<char, IF_NAMESIZE> name{};
  std::ranges::copy(zone, name.begin());
  if (const unsigned found = ::if_nametoindex(name.data())) return found;
  const auto number = take_number(zone);
  const bool is_number = number && zone.empty() && *number <= UINT32_MAX;
  return is_number ? static_cast<std::uint32_t>(*number) : 0;
}

std::string zone_of(std::uint32_t interface) {
  if (interface == 0) return {};
  std::array<char, IF_NAMESIZE> name{};
  if (::if_indextoname(interface, name.data()) != nullptr && IpAddress::is_zone(name.data())) {
    return name.data();
  }
  return std::to_string(interface);
}

// Paths in the file system and abstract names, as people write them.
bool is_local(std::string_view text) noexcept {
  return text.starts_with('/') || text.starts_with("./") || text.starts_with('@');
}

// "./x" and "x" are one path, and one address.
std::string_view without_here(std::string_view path) noexcept {
  while (path.starts_with("./")) {
    path.remove_prefix(2);
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  }
  return path;
}

}  // namespace

Address::Address() noexcept : size_(sizeof(sa_family_t)) {
  std::memset(&storage_, 0, sizeof storage_);
  storage_.any.sa_family = AF_UNSPEC;
}

Address::Address(const Endpoint& endpoint) : Address() {
  const IpAddress& address = endpoint.address();
  if (address.is_v4()) {
    storage_.v4.sin_family = AF_INET;
    std::memcpy(&storage_.v4.sin_addr, address.bytes().data(), address.bytes().size());
    size_ = sizeof(sockaddr_in);
  } else {
    storage_.v6.sin6_family = AF_INET6;
    std::memcpy(&storage_.v6.sin6_addr, address.bytes().data(), address.bytes().size());
    size_ = sizeof(sockaddr_in6);
    if (!address.zone().empty()) {
      storage_.v6.sin6_scope_id = interface_of(address.zone());
      if (storage_.v6.sin6_scope_id == 0) {
        throw std::system_error(
            std::make_error_code(std::errc::no_such_device),
            endpoint.to_string() +
                " is in a zone that this machine does not have; `ip link` lists the interfaces");
      }
    }
  }
  set_port(endpoint.port());
}

Address::operator Endpoint() const {
  if (family() == AF_INET) {
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &storage_.v4.sin_addr, bytes.size());
    return {IpAddress::v4(bytes), port()};
  }
  if (family() == AF_INET6) {
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &storage_.v6.sin6_addr, bytes.size());
    return {IpAddress::v6(bytes).in_zone(zone_of(storage_.v6.sin6_scope_id)), port()};
  }
  throw std::system_error(std::make_error_code(std::errc::address_family_not_supported),
                          to_string() + " is no IP address");
}

Address Address::parse(std::string_view text) {
  if (is_local(text)) return local(text);
  const Endpoint endpoint = Endpoint::parse(text);
  try {
    return endpoint;
  } catch (const std::system_error&) {
    detail::refuse_address(text, "address", "there is no such interface");
  }
}

Address Address::ip(std::string_view address, std::uint16_t port) {
  return Endpoint(IpAddress::parse(address), port);
}

Address Address::local(std::string_view path) {
  const auto refuse = [&](const char* why) { detail::refuse_address(path, "address", why); };
  Address address;
  auto& local = address.storage_.local;
  if (path.empty() || path == "@") refuse("the path of a local socket is empty");
  if (path.size() > path_bytes_max) refuse("the path of a local socket has at most 107 bytes");
  if (path.find('\0') != std::string_view::npos) {
    refuse("the path of a local socket has no zero byte in it");
  }
  local.sun_family = AF_UNIX;
  const bool abstract = path.front() == '@';
  path = without_here(path);
  if (path.empty()) refuse("the path of a local socket ends in a name");
  std::memcpy(local.sun_path, path.data(), path.size());
  if (abstract) local.sun_path[0] = '\0';
  // Paths end in a zero byte; abstract names do not, they are as long as the address says.
  address.size_ =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
  return address;
}

Address Address::from(const sockaddr* data, socklen_t size) noexcept {
  Address address;
  address.size_ = size < sizeof address.storage_ ? size : sizeof address.storage_;
  std::memcpy(&address.storage_, data, address.size_);
  return address;
}

bool Address::is_path() const noexcept {
  return family() == AF_UNIX && size_ > offsetof(sockaddr_un, sun_path) &&
         storage_.local.sun_path[0] != '\0';
}

std::uint16_t Address::port() const noexcept {
  // The port stands at the same place in both.
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  return is_ip() ? ntohs(storage_.v4.sin_port) : std::uint16_t{0};
}

void Address::set_port(std::uint16_t port) noexcept { storage_.v4.sin_port = htons(port); }

std::string Address::to_string() const {
  if (is_ip()) return Endpoint(*this).to_string();
  if (family() != AF_UNIX) return "no address";
  constexpr std::size_t path_offset = offsetof(sockaddr_un, sun_path);
  if (size_ <= path_offset) return "a local socket without name";
  std::string path(storage_.local.sun_path, size_ - path_offset);
  if (path.front() == '\0') {
    path.front() = '@';
  } else {
    path = path.c_str();
    if (!is_local(path) || path.front() == '@') path.insert(0, "./");
  }
  return path;
}

bool operator==(const Address& a, const Address& b) noexcept {
  return a.size_ == b.size_ && std::memcmp(&a.storage_, &b.storage_, a.size_) == 0;
}

std::optional<Address> ParameterType<Address>::parse(std::string_view text) {
  try {
    return Address::parse(text);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

}  // namespace sundog
