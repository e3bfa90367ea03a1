#include "sundog/io/net/tcp/syn_cookies.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sundog::net::tcp {
namespace {

// Of paths that there are, the smallest first.
constexpr std::array<std::uint16_t, 8> sizes = {
    segment_bytes_min, 536, 1220, 1300, 1440, 1460, 4312, 8940};

constexpr unsigned hash_bits = 24;
constexpr unsigned size_bits = 3;
constexpr unsigned period_bits = 5;
constexpr std::uint32_t periods = std::uint32_t{1} << period_bits;
static_assert(sizes.size() == std::size_t{1} << size_bits);

constexpr unsigned clock_bits = 5;
constexpr std::uint32_t clock_mask = (std::uint32_t{1} << clock_bits) - 1;
constexpr std::uint32_t sack_bit = 16;
constexpr std::uint32_t no_scale = 15;

std::uint32_t period_at(TimePoint now) noexcept {
  return static_cast<std::uint32_t>(now.time_since_epoch() / cookie_period) % periods;
}

}  // namespace

std::uint32_t SynCookies::sign(const Tuple& tuple, wire::Sequence peer_initial,
                               std::uint32_t period, std::uint32_t size_index) const noexcept {
  const std::uint64_t with =
      std::uint64_t{peer_initial.number()} << 32 | period << size_bits | size_index;
  const auto hash = static_cast<std::uint32_t>(hash_(tuple, with) >> (64 - hash_bits));
  return (period << size_bits | size_index) << hash_bits | hash;
}

wire::TcpHeader SynCookies::answer(const Tuple& tuple, const wire::TcpHeader& syn,
                                   const Secrets& secrets, const Path& path,
                                   const Settings& settings, TimePoint now) const noexcept {
  const std::uint32_t offered = syn.options.segment_bytes_max.value_or(segment_bytes_default4);
  const auto above = std::upper_bound(sizes.begin() + 1, sizes.end(), offered);
  const auto index = static_cast<std::uint32_t>(above - sizes.begin() - 1);
  wire::TcpHeader header;
  header.source_port = tuple.local.port();
  header.destination_port = tuple.peer.port();
  header.sequence = wire::Sequence(sign(tuple, syn.sequence, period_at(now), index));
  header.acknowledgement = syn.sequence + 1;
  header.flags.syn = header.flags.ack = true;
  header.window =
      static_cast<std::uint16_t>(std::min(receive_buffer_initial, std::uint32_t{UINT16_MAX}));
  header.options.segment_bytes_max =
      static_cast<std::uint16_t>(std::min(path.segment_bytes_max, std::uint32_t{UINT16_MAX}));
  if (!settings.timestamps || !syn.options.timestamps) return header;
  // A little behind the clock, so that what is sent later is not older.
  Timestamps clock;
  clock.start(secrets.timestamp_offset);
  std::uint32_t value = (clock.clock(now) - clock_mask - 1) & ~clock_mask;
  if (settings.window_scaling && syn.options.window_scale) {
    value |= std::min<std::uint32_t>(*syn.options.window_scale, 14);
    header.options.window_scale = ReceiveWindow::scale_for(settings.receive_buffer_max);
  } else {
    value |= no_scale;
  }
  if (settings.selective_acknowledgements && syn.options.sack_permitted) {
    value |= sack_bit;
    header.options.sack_permitted = true;
  }
  header.options.timestamps = wire::TcpTimestamps{value, syn.options.timestamps->value};
  return header;
}

std::optional<SynCookies::Remembered> SynCookies::remember(const Tuple& tuple,
                                                           const wire::TcpHeader& acknowledgement,
                                                           TimePoint now) const noexcept {
  const wire::Sequence initial = acknowledgement.acknowledgement - 1;
  const wire::Sequence peer_initial = acknowledgement.sequence - 1;
  const std::uint32_t index = initial.number() >> hash_bits & (sizes.size() - 1);
  const std::uint32_t period = initial.number() >> (hash_bits + size_bits);
  if ((period_at(now) - period) % periods > 1) return std::nullopt;
  if (sign(tuple, peer_initial, period, index) != initial.number()) return std::nullopt;
  Remembered remembered;
  remembered.initial = initial;
  wire::TcpHeader& syn = remembered.syn;
  syn.source_port = acknowledgement.source_port;
  syn.destination_port = acknowledgement.destination_port;
  syn.sequence = peer_initial;
  syn.flags.syn = true;
  syn.window = acknowledgement.window;
  syn.options.segment_bytes_max = sizes[index];
  if (!acknowledgement.options.timestamps) return remembered;
  const std::uint32_t echo = acknowledgement.options.timestamps->echo;
  syn.options.timestamps = wire::TcpTimestamps{acknowledgement.options.timestamps->value, 0};
  syn.options.sack_permitted = (echo & sack_bit) != 0;
  const std::uint32_t scale = echo & (sack_bit - 1);
  if (scale != no_scale) syn.options.window_scale = static_cast<std::uint8_t>(scale);
  return remembered;
}

}  // namespace sundog::net::tcp
