// Settings: what can be chosen for a connection, and what is chosen when nobody does.
#pragma once

#include <cstdint>

#include "sundog/io/net/tcp/limits.hpp"

namespace sundog::net::tcp {

enum class CongestionControl : std::uint8_t { cubic, new_reno };

struct Settings {
  CongestionControl congestion_control = CongestionControl::cubic;
  // Small segments do not wait until what was sent before is acknowledged: Nagle's algorithm (RFC
  // 9293 section 3.7.4) is off. A service writes its answers in one piece; who writes in bits and
  // pieces turns it on.
  bool no_delay = true;
  bool delays_acknowledgements = true;
  // The connection is given up when sent data is not acknowledged for so long (RFC 9293 section
  // 3.8.3, RFC 5482); 0: after retransmissions_max.
  Duration user_timeout{0};
  // Probes a peer from which nothing has come for so long; 0: never.
  Duration keep_alive{0};
  Duration keep_alive_interval = tcp::keep_alive_interval;
  unsigned keep_alive_probes = keep_alive_probes_max;
  // Upper limits. They grow up to them as the path asks for it.
  std::uint32_t receive_buffer_max = tcp::receive_buffer_max;
  std::uint32_t send_buffer_max = tcp::send_buffer_max;
  // What is offered to the peer.
  bool window_scaling = true;
  bool timestamps = true;
  bool selective_acknowledgements = true;
};

}  // namespace sundog::net::tcp
