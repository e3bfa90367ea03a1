// The limits of TCP here, each with the document that it comes from.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sundog/timers/clock.hpp"

namespace sundog::net::tcp {

using namespace std::chrono_literals;

// --- time ---

// Retransmission timeout (RFC 6298). Its floor is below the second of section 2.4, as everywhere
// today; the delayed acknowledgements of others take up to 200 ms.
inline constexpr Duration rto_initial = 1s;
inline constexpr Duration rto_min = 200ms;
inline constexpr Duration rto_max = 60s;
// After a handshake that timed out, the first data starts with this (RFC 6298 section 5.7).
inline constexpr Duration rto_after_lost_handshake = 3s;
// What no timer is finer than ("G" of RFC 6298): a peer's clock, and a loop that turns at times.
inline constexpr Duration clock_granularity = 1ms;

// How often in a row something is sent again before the connection is given up (RFC 9293 section
// 3.8.3): at least 100 s for data, and 3 minutes for a SYN.
inline constexpr unsigned retransmissions_max = 15;
inline constexpr unsigned syn_retransmissions_max = 7;
inline constexpr unsigned syn_ack_retransmissions_max = 5;

// An acknowledgement of data waits so long for company (RFC 9293 section 3.8.6.3: below 500 ms).
inline constexpr Duration delayed_ack = 40ms;
// ... and we reckon with a peer that waits so long (RFC 8985 section 7.2).
inline constexpr Duration delayed_ack_of_peers = 200ms;

// Maximum segment lifetime (RFC 9293 section 3.4.2 has 2 minutes, nobody does).
inline constexpr Duration segment_lifetime_max = 30s;
inline constexpr Duration time_wait = 2 * segment_lifetime_max;
// The peer of a closed connection has so long to send its own FIN.
inline constexpr Duration fin_wait_2_max = 60s;

// Keep-alive, where it is asked for (RFC 9293 section 3.8.4).
inline constexpr Duration keep_alive_idle = 2h;
inline constexpr Duration keep_alive_interval = 75s;
inline constexpr unsigned keep_alive_probes_max = 9;

// --- sizes ---

// Of a peer that does not say (RFC 9293 section 3.7.1).
inline constexpr std::uint32_t segment_bytes_default4 = 536;
inline constexpr std::uint32_t segment_bytes_default6 = 1220;
// No path is taken to be narrower, whatever an ICMP message or a peer claims.
inline constexpr std::uint32_t segment_bytes_min = 216;

inline constexpr std::uint32_t receive_buffer_initial = 64 * 1024;
inline constexpr std::uint32_t receive_buffer_max = 4 * 1024 * 1024;
inline constexpr std::uint32_t send_buffer_initial = 64 * 1024;
inline constexpr std::uint32_t send_buffer_max = 4 * 1024 * 1024;
// Of all connections' queues together.
inline constexpr std::size_t memory_bytes_max = std::size_t{64} * 1024 * 1024;

// Initial window in segments, and in bytes (RFC 6928).
inline constexpr std::uint32_t initial_window_segments = 10;
inline constexpr std::uint32_t initial_window_bytes = 14600;

// --- how many ---

// Ports for connections from here: as RFC 6056 section 3.2 asks, many more than the 16384 dynamic
// ones, but none that a service is likely to have. Each may be used once for each peer's endpoint.
inline constexpr std::uint32_t first_ephemeral_port = 32768;
inline constexpr std::uint32_t ephemeral_ports = 32768;

// Of one listener: handshakes under way; from then on SYNs are answered with cookies (RFC 4987).
// And connections that wait to be accepted; from then on SYNs are not answered.
inline constexpr std::size_t half_open_max = 256;
inline constexpr std::size_t backlog_max = 1024;
// Of all connections that the application has closed: those that still have something to send or
// wait for the peer's end, and those in TIME-WAIT. Beyond that, the oldest is given up.
inline constexpr std::size_t orphans_max = 2048;
inline constexpr std::size_t time_waits_max = 4096;

// A SYN cookie is good for one to two of these.
inline constexpr Duration cookie_period = 64s;
// A writer for whom there was no memory tries again after so long.
inline constexpr Duration memory_retry = 10ms;
// A neighbour is confirmed by what it lets through, at most so often (RFC 4861 section 7.3.1).
inline constexpr Duration confirmation_apart = 1s;

// --- against floods ---

// Challenge acknowledgements of a connection each second (RFC 5961 section 7), and other answers to
// segments that are not acceptable: two broken peers must not answer each other for ever.
inline constexpr unsigned challenge_acks_per_second = 10;

}  // namespace sundog::net::tcp
