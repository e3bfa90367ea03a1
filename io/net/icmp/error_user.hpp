// ErrorUser: takes what ICMP errors say, of either version.
#pragma once

#include "sundog/io/net/ip.hpp"

namespace sundog::net {

class ErrorUser {
 public:
  // Something has happened to a packet of this machine's. With packet_too_big, a router says that
  // no more than report.mtu bytes pass to report.destination. Then the transport is told.
  virtual void failed(ProtocolNumber protocol, ErrorReport report) noexcept = 0;

 protected:
  ~ErrorUser() = default;
};

}  // namespace sundog::net
