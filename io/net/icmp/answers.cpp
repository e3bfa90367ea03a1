#include "sundog/io/net/icmp/answers.hpp"

#include <algorithm>
#include <array>

#include "sundog/io/net/icmp/echo.hpp"

namespace sundog::net {
namespace {

constexpr std::size_t echo_pieces_max = 40;

}  // namespace

void IcmpAnswers::send_echo(const RouteQuery& back, const Received& what,
                            const ReceivedPacket& packet, std::byte reply_type) noexcept {
  std::errc failed{};
  const Route route = ip_.route(back, failed);
  if (failed != std::errc{}) return;
  std::array<Bytes, echo_pieces_max> pieces;
  const std::size_t count = turn_echo_round(what, packet, reply_type, pieces);
  Sending sending = sending_;
  sending.traffic_class = what.traffic_class;
  if (count != 0 && limits_.echoes.take(ticks_.now()) &&
      ip_.try_send(route, std::span(pieces).first(count), sending)) {
    ++statistics_.echo_replies;
  } else {
    ++statistics_.not_sent;
  }
}

void IcmpAnswers::send_error(const RouteQuery& back, Bytes header, std::span<const Bytes> quoted,
                             std::size_t quoted_bytes_max) noexcept {
  std::errc failed{};
  const Route route = ip_.route(back, failed);
  if (failed != std::errc{} || route.is_group) return;
  std::array<Bytes, 3> pieces = {header};
  std::size_t count = 1;
  std::size_t left = quoted_bytes_max;
  for (const Bytes piece : quoted) {
    pieces[count++] = piece.first(std::min(piece.size(), left));
    left -= pieces[count - 1].size();
  }
  if (limits_.errors.take(ticks_.now()) &&
      ip_.try_send(route, std::span(pieces).first(count), sending_)) {
    ++statistics_.errors_sent;
  } else {
    ++statistics_.not_sent;
  }
}

Bytes quote(const Received& what, const ReceivedPacket& packet, MutableBytes space) noexcept {
  const std::size_t packet_bytes = what.transport_start + what.transport_bytes - what.network_start;
  const std::size_t bytes =
      packet.copy(what.network_start, space.first(std::min(packet_bytes, space.size())));
  return space.first(bytes);
}

}  // namespace sundog::net
