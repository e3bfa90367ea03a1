// UnreachableUser: is told of packets that waited for neighbours whom nobody could find.
#pragma once

#include "sundog/io/flow.hpp"
#include "sundog/io/net/interface/interface.hpp"

namespace sundog::net {

class UnreachableUser {
 public:
  // The frame is an IP packet behind its frame's header.
  virtual void neighbour_unreachable(Interface& interface, Bytes frame) noexcept = 0;

 protected:
  ~UnreachableUser() = default;
};

}  // namespace sundog::net
