// SynCookies: answers to SYNs for which nothing is kept (RFC 4987 section 3.6), for when more
// handshakes are under way than there is room for. All that must be known later is in numbers that
// the peer sends back.
//
//   initial sequence number:   | time, 5 bits | segment size, 3 bits | keyed hash, 24 bits |
//   timestamp's lowest bits:   | SACK, 1 bit | window scale, 4 bits |
//
// The time counts in units of cookie_period; a cookie is good for one to two of them. The hash is
// of the two ends, the peer's sequence number, the time and the size. What the timestamp says is
// not signed: a peer that changes it harms itself alone. A peer without timestamps gets a
// connection without window scaling and selective acknowledgements.
#pragma once

#include <cstdint>
#include <optional>

#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/tcp/connection.hpp"
#include "sundog/io/net/tcp/tuple.hpp"
#include "sundog/io/net/wire/tcp_segment.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::net::tcp {

class SynCookies {
 public:
  explicit SynCookies(RandomSource& random) noexcept : hash_(random) {}

  // The answer, with SYN and ACK, to this SYN.
  wire::TcpHeader answer(const Tuple& tuple, const wire::TcpHeader& syn, const Secrets& secrets,
                         const Path& path, const Settings& settings, TimePoint now) const noexcept;

  // A SYN as far as the cookie has kept it, and with which number it was answered.
  struct Remembered {
    wire::TcpHeader syn;
    wire::Sequence initial;
  };
  // Of a segment with ACK and without SYN and RST. Nothing if it brings no cookie, or one that is
  // too old.
  std::optional<Remembered> remember(const Tuple& tuple, const wire::TcpHeader& acknowledgement,
                                     TimePoint now) const noexcept;

 private:
  std::uint32_t sign(const Tuple& tuple, wire::Sequence peer_initial, std::uint32_t period,
                     std::uint32_t size_index) const noexcept;

  TupleHash hash_;
};

}  // namespace sundog::net::tcp
