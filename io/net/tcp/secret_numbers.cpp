#include "sundog/io/net/tcp/secret_numbers.hpp"

namespace sundog::net::tcp {

SecretNumbers::SecretNumbers(RandomSource& random) noexcept
    : initial_(random), clock_(random), ports_(random) {
  for (std::uint32_t& count : counts_) count = random.number<std::uint32_t>();
}

Secrets SecretNumbers::of(const Tuple& tuple, TimePoint now) const noexcept {
  // RFC 9293 section 3.4.1: a clock that goes on by one every four microseconds.
  const auto ticks = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() / 4);
  Secrets secrets;
  secrets.initial = wire::Sequence(static_cast<std::uint32_t>(initial_(tuple)) + ticks);
  // One clock for all connections with a peer, so that it never seems to go back for a new one.
  const Tuple addresses{tuple.local.at_port(0), tuple.peer.at_port(0)};
  secrets.timestamp_offset = static_cast<std::uint32_t>(clock_(addresses));
  return secrets;
}

std::optional<std::uint16_t> SecretNumbers::port(
    const Tuple& tuple, FunctionRef<bool(std::uint16_t)> is_free) noexcept {
  const std::uint64_t hash = ports_({tuple.local.at_port(0), tuple.peer});
  const auto offset = static_cast<std::uint32_t>(hash);
  std::uint32_t& count = counts_[(hash >> 32) % counts_.size()];
  for (std::uint32_t tried = 0; tried < ephemeral_ports; ++tried) {
    const std::uint32_t place = (offset + count++) % ephemeral_ports;
    const auto port = static_cast<std::uint16_t>(first_ephemeral_port + place);
    if (is_free(port)) return port;
  }
  return std::nullopt;
}

}  // namespace sundog::net::tcp
