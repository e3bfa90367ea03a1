// Tuple: the two ends of a connection, which nothing else has in common with it; and TupleHash, a
// number that follows from them and that nobody else can foretell.
#pragma once

#include <cstdint>

#include "sundog/io/crypto/sip_hash.hpp"
#include "sundog/io/endpoint.hpp"
#include "sundog/io/net/random_source.hpp"

namespace sundog::net::tcp {

// Addresses without a zone.
struct Tuple {
  Endpoint local;
  Endpoint peer;

  bool operator==(const Tuple&) const noexcept = default;
};

class TupleHash {
 public:
  explicit TupleHash(RandomSource& random) noexcept
      : key_{random.number<std::uint64_t>(), random.number<std::uint64_t>()} {}

  // `with`: whatever else it is to follow from.
  std::uint64_t operator()(const Tuple& tuple, std::uint64_t with = 0) const noexcept;

 private:
  SipKey key_;
};

}  // namespace sundog::net::tcp
