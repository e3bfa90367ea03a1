// Address: where a socket is: IPv4 or IPv6 address and port, or the path of a local (Unix-domain)
// socket.
//
//   Address::parse("127.0.0.1:80")   Address::parse("[::1]:80") Address::parse("/run/sundog.sock")
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "sundog/io/unix/only_unix.hpp"

namespace sundog {

class Address {
 public:
  // No address (family AF_UNSPEC).
  Address() noexcept;

  // "1.2.3.4:port", "[v6]:port" (a zone as in fe80::1%eth0 is allowed), or "/path" and "./path" of
  // a local socket; "@name" stands in Linux's abstract namespace. Numbers only, no look-up: names
  // are resolve()'s business (resolver.hpp). Throws std::invalid_argument that says what was wrong.
  static Address parse(std::string_view text);
  // An IP address given apart from its port. Throws std::invalid_argument.
  static Address ip(std::string_view address, std::uint16_t port);
  // All of this machine's addresses, IPv6 and with it IPv4.
  static Address any(std::uint16_t port);
  // Only from this machine: 127.0.0.1.
  static Address loopback(std::uint16_t port);
  // The path of a local socket, at most 107 bytes. Throws std::invalid_argument if it is longer.
  static Address local(std::string_view path);
  // What the kernel filled in.
  static Address from(const sockaddr* address, socklen_t size) noexcept;

  int family() const noexcept { return storage_.any.sa_family; }
  // Of an IP address; 0 for others.
  std::uint16_t port() const noexcept;
  void set_port(std::uint16_t port) noexcept;
  // As parse() reads it.
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

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un local;
  } storage_;
  socklen_t size_;
};

}  // namespace sundog
