#include "sundog/io/unix/address.hpp"

#include <arpa/inet.h>
#include <net/if.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace sundog {
namespace {

[[noreturn]] void refuse(std::string_view text, const char* why) {
  throw std::invalid_argument("`" + std::string(text) + "' is no address: " + why);
}

std::uint16_t parse_port(std::string_view text, std::string_view digits) {
  std::uint16_t port = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, port);
  if (error != std::errc() || stop != end || digits.empty()) {
    refuse(text, "the port must be a number from 0 to 65535");
  }
  return port;
}

}  // namespace

Address::Address() noexcept : size_(sizeof(sa_family_t)) {
  std::memset(&storage_, 0, sizeof storage_);
  storage_.any.sa_family = AF_UNSPEC;
}

Address Address::parse(std::string_view text) {
  if (text.starts_with('/') || text.starts_with("./") || text.starts_with('@')) return local(text);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse(text, "a port is missing, as in 127.0.0.1:80");
  std::string_view host = text.substr(0, colon);
  const std::uint16_t port = parse_port(text, text.substr(colon + 1));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    refuse(text, "an IPv6 address needs brackets, as in [::1]:80");
  }
  return ip(host, port);
}

Address Address::ip(std::string_view text, std::uint16_t port) {
  Address address;
  const std::size_t percent = text.find('%');
  const std::string host(text.substr(0, percent));
  if (::inet_pton(AF_INET, host.c_str(), &address.storage_.v4.sin_addr) == 1) {
    address.storage_.v4.sin_family = AF_INET;
    address.size_ = sizeof(sockaddr_in);
  } else if (::inet_pton(AF_INET6, host.c_str(), &address.storage_.v6.sin6_addr) == 1) {
    address.storage_.v6.sin6_family = AF_INET6;
    address.size_ = sizeof(sockaddr_in6);
    if (percent != std::string_view::npos) {
      const std::string zone(text.substr(percent + 1));
      address.storage_.v6.sin6_scope_id = ::if_nametoindex(zone.c_str());
      if (address.storage_.v6.sin6_scope_id == 0) refuse(text, "there is no such interface");
    }
  } else {
    refuse(text, "neither an IPv4 nor an IPv6 address in numbers");
  }
  address.set_port(port);
  return address;
}

Address Address::any(std::uint16_t port) { return ip("::", port); }
Address Address::loopback(std::uint16_t port) { return ip("127.0.0.1", port); }

Address Address::local(std::string_view path) {
  Address address;
  auto& local = address.storage_.local;
  if (path.empty()) refuse(path, "the path of a local socket is empty");
  if (path.size() >= sizeof local.sun_path) {
    refuse(path, "the path of a local socket has at most 107 bytes");
  }
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, path.data(), path.size());
  const bool abstract = path.front() == '@';
  if (abstract) local.sun_path[0] = '\0';
  // Paths end in a zero byte; abstract names do not, they are as long as the address says.
  address.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() +
                                         (abstract ? 0 : 1));
  return address;
}

Address Address::from(const sockaddr* data, socklen_t size) noexcept {
  Address address;
  address.size_ = size < sizeof address.storage_ ? size : sizeof address.storage_;
  std::memcpy(&address.storage_, data, address.size_);
  return address;
}

std::uint16_t Address::port() const noexcept {
  // The port stands at the same place in both.
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  return family() == AF_INET || family() == AF_INET6 ? ntohs(storage_.v4.sin_port)
                                                     : std::uint16_t{0};
}

void Address::set_port(std::uint16_t port) noexcept { storage_.v4.sin_port = htons(port); }

std::string Address::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  switch (family()) {
    case AF_INET:
      ::inet_ntop(AF_INET, &storage_.v4.sin_addr, text.data(), text.size());
      return std::string(text.data()) + ":" + std::to_string(port());
    case AF_INET6: {
      ::inet_ntop(AF_INET6, &storage_.v6.sin6_addr, text.data(), text.size());
      std::string zone;
      std::array<char, IF_NAMESIZE> name = {};
      if (storage_.v6.sin6_scope_id != 0 &&
          ::if_indextoname(storage_.v6.sin6_scope_id, name.data()) != nullptr) {
        zone = std::string("%") + name.data();
      }
      return "[" + std::string(text.data()) + zone + "]:" + std::to_string(port());
    }
    case AF_UNIX: {
      const std::size_t length = size_ - offsetof(sockaddr_un, sun_path);
      if (size_ <= offsetof(sockaddr_un, sun_path)) return "a local socket without name";
      std::string path(storage_.local.sun_path, length);
      if (path.front() == '\0') {
        path.front() = '@';
      } else {
        path = path.c_str();
      }
      return path;
    }
    default:
      return "no address";
  }
}

bool operator==(const Address& a, const Address& b) noexcept {
  return a.size_ == b.size_ && std::memcmp(&a.storage_, &b.storage_, a.size_) == 0;
}

}  // namespace sundog
