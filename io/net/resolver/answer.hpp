// Answer: what a name server's response says about the addresses of a name.
#pragma once

#include <cstdint>
#include <vector>

#include "sundog/io/dns/message.hpp"
#include "sundog/io/dns/name.hpp"
#include "sundog/io/ip_address.hpp"

namespace sundog::net {

struct Answer {
  enum class Kind : std::uint8_t {
    addresses,
    no_such_name,
    no_address,  // the name exists
    alias,       // the name is another's, about which the response says nothing
    // These are no answers:
    not_answered,    // the server will not, or cannot: SERVFAIL, REFUSED, it does not recurse ...
    edns_not_taken,  // it does not understand the OPT record
    malformed,
  };

  Kind kind = Kind::malformed;
  std::vector<IpAddress> addresses;
  // With `alias`: the name to ask for.
  dns::Name alias;
  // How many names led on to the next.
  std::size_t alias_count = 0;
  // How long it may be kept; 0 for not at all.
  std::uint32_t ttl_s = 0;

  bool is_final() const noexcept {
    return kind == Kind::addresses || kind == Kind::no_such_name || kind == Kind::no_address;
  }
};

// `response` answers the question, which asks for A or AAAA records. Follows aliases within the
// response; records that have nothing to do with the question are passed over. Throws
// std::bad_alloc.
Answer read_answer(const dns::Message& response, const dns::Question& question);

}  // namespace sundog::net
