// Address: where a socket of the host is, as the kernel has it: an Endpoint, or the path of a local
// (Unix-domain) socket.
//
//   const Address tcp = Address::parse("[::1]:80");
//   const Address local = Address::parse("/run/echo.sock");
//
// Whatever takes an Address takes an Endpoint too, and an Address that is one can be used as one.
#pragma once

#include "sundog/io/unix/only_unix.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/parameter_types.hpp"

namespace sundog {

class Address {
 public:
  // Of a local socket: one byte less than the kernel has room for, as it ends in a zero byte.
  static constexpr std::size_t path_bytes_max = sizeof(sockaddr_un::sun_path) - 1;

  // No address (family AF_UNSPEC).
  Address() noexcept;
  // A zone is the name of a network interface of this host or, where none has that name, a number.
  // Throws std::system_error (no_such_device) where there is no such interface.
  Address(const Endpoint& endpoint);
  // The zone is then the interface's name; to find that takes system calls. Throws
  // std::system_error (address_family_not_supported) where it is no IP address.
  operator Endpoint() const;

  // As Endpoint::parse() reads it, or "/path" and "./path" of a local socket; "@name" stands in
  // Linux's abstract namespace, "./@name" in a folder. Throws std::invalid_argument that says what
  // was wrong.
  static Address parse(std::string_view text);
  // An IP address given apart from its port. Throws std::invalid_argument.
  static Address ip(std::string_view address, std::uint16_t port);
  // All of this machine's addresses, IPv6 and with it IPv4.
  static Address any(std::uint16_t port) { return Endpoint::any(port); }
  // Only from this machine: 127.0.0.1.
  static Address loopback(std::uint16_t port) { return Endpoint::loopback(port); }
  // The path of a local socket, of 1 to path_bytes_max bytes, none of them zero; or "@name", as
  // above. One that is relative may do without its "./". Throws std::invalid_argument.
  static Address local(std::string_view path);
  // What the kernel filled in.
  static Address from(const sockaddr* address, socklen_t size) noexcept;

  // AF_INET, AF_INET6 or AF_UNIX.
  int family() const noexcept { return storage_.any.sa_family; }
  // AF_INET or AF_INET6: it can be used as an Endpoint.
  bool is_ip() const noexcept { return family() == AF_INET || family() == AF_INET6; }
  // A file in the file system is its name, which stays when the socket is gone.
  bool is_path() const noexcept;
  // Of an IP address; 0 for others.
  std::uint16_t port() const noexcept;
  // Of an IP address.
  void set_port(std::uint16_t port) noexcept;
  // As parse() reads it, if it has a name at all.
  std::string to_string() const;

  const sockaddr* data() const noexcept { return &storage_.any; }
  sockaddr* data() noexcept { return &storage_.any; }
  socklen_t size() const noexcept { return size_; }
  // For system calls that fill in an address: give them data() and this, which says how much room
  // there is.
  socklen_t* room() noexcept {
    size_ = sizeof storage_;
    return &size_;
  }
  socklen_t* size_pointer() noexcept { return &size_; }

  friend bool operator==(const Address& a, const Address& b) noexcept;
  friend bool operator==(const Address& a, const Endpoint& b) { return a == Address(b); }

 private:
  // What family() says is in use.
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un local;
  } storage_;
  socklen_t size_;
};

// Parameter<GenericStack::Address> on Unix.
template <>
class ParameterType<Address> {
 public:
  static std::optional<Address> parse(std::string_view text);
  static std::string print(const Address& value) { return value.to_string(); }
  static std::string expects() {
    return ParameterType<Endpoint>::expects() + ", or a path such as /run/echo.sock";
  }
};

}  // namespace sundog
