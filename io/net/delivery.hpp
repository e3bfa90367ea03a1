// Delivery: what takes packets from the two versions of IP that are whole, for this machine, and
// without errors; and what is told of errors.
#pragma once

#include <cstdint>

#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/ipv4/reassembly.hpp"
#include "sundog/io/net/wire/icmp6.hpp"

namespace sundog::net {

class Delivery : public ReassemblyUser {
 public:
  // A packet for this machine: to the protocol that it carries, or refused.
  virtual void deliver(ProtocolNumber protocol, Received& what, ReceivedPacket packet) noexcept = 0;
  // An address of any interface.
  virtual bool is_own(const IpAddress& address) const noexcept = 0;
  // See Ip.
  virtual IpAddress in_numbered_zone(const IpAddress& address) const noexcept = 0;
  // An IPv6 packet's headers are wrong at `pointer`, and its sender is to hear of it (RFC 4443
  // section 3.4); also where it was for a group if `tell_of_groups`.
  virtual void header_problem(const Received& what, const ReceivedPacket& packet,
                              wire::Icmp6Problem code, std::size_t pointer,
                              bool tell_of_groups) noexcept = 0;

 protected:
  ~Delivery() = default;
};

}  // namespace sundog::net
