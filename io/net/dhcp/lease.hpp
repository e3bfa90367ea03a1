// Lease: what a DHCP server lets a machine use, and until when.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/net/dhcp/message.hpp"
#include "sundog/io/prefix.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::net::dhcp {

// A few addresses; of more, the first ones, which are the server's preference.
class AddressList {
 public:
  static constexpr std::size_t size_max = 4;

  void add(const IpAddress& address) noexcept {
    if (size_ < size_max) addresses_[size_++] = address;
  }
  std::span<const IpAddress> all() const noexcept { return std::span(addresses_).first(size_); }

  friend bool operator==(const AddressList&, const AddressList&) noexcept = default;

 private:
  std::array<IpAddress, size_max> addresses_{};
  std::size_t size_ = 0;
};

struct Lease {
  Prefix address;
  IpAddress server;
  AddressList routers;
  AddressList name_servers;
  // Of an IP packet; the link's own where the server does not say.
  std::optional<std::uint16_t> mtu;
  // On the monotonic clock. `never` for a lease without end.
  TimePoint renewal = never;    // T1
  TimePoint rebinding = never;  // T2
  TimePoint end = never;

  // What an offer or an acknowledgement grants; `asked_at` is when the request was sent, from which
  // its times count (RFC 2131 section 4.4.1). What the message leaves out is as `known` has it, so
  // that a renewal may be short. Nothing where an address, a server or a time is missing.
  static std::optional<Lease> read(const Message& message, TimePoint asked_at,
                                   const std::optional<Lease>& known) noexcept;
};

}  // namespace sundog::net::dhcp
