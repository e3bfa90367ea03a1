// AddressClaimant: whoever wants an address that other machines may have. ARP (RFC 5227) and IPv6's
// duplicate address detection (RFC 4862 section 5.4) find that out, and tell it.
#pragma once

#include "sundog/io/prefix.hpp"

namespace sundog::net {

// Is told what becomes of a claim: once that the address may be used, or that another has it; and
// perhaps later that it was lost to another.
class AddressClaimant {
 public:
  virtual void claimed(const Prefix& address) noexcept = 0;
  virtual void lost(const Prefix& address) noexcept = 0;

 protected:
  ~AddressClaimant() = default;
};

}  // namespace sundog::net
