// SecretNumbers: what a connection begins with and nobody else must be able to guess: its initial
// sequence number (RFC 6528), the offset of its timestamps' clock (RFC 7323 section 5.4), and where
// to look for a port (RFC 6056 section 3.3.4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/tcp/connection.hpp"
#include "sundog/io/net/tcp/tuple.hpp"
#include "sundog/runtime/language/function_ref.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::net::tcp {

class SecretNumbers {
 public:
  explicit SecretNumbers(RandomSource& random) noexcept;

  // Of a new connection with these two ends. Its sequence numbers lie behind those of an earlier
  // one with the same ends, as far as that did not send faster than 250 KB/s; its timestamps always
  // do.
  Secrets of(const Tuple& tuple, TimePoint now) const noexcept;

  // A port for a connection from `local` to `peer`, whose own port does not count: the first one
  // that `is_free`, or nothing. Different peers get the same ports, so that there are as many
  // connections as there are peers and ports ("double-hash port selection").
  std::optional<std::uint16_t> port(const Tuple& tuple,
                                    FunctionRef<bool(std::uint16_t)> is_free) noexcept;

 private:
  TupleHash initial_;
  TupleHash clock_;
  TupleHash ports_;
  // How often a port was looked for; which of these counts is the peer's to influence, but not to
  // know.
  std::array<std::uint32_t, 64> counts_{};
};

}  // namespace sundog::net::tcp
