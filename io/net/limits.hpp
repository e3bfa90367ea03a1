// How much the stack keeps, and for how long, below the transports. What is beyond a limit is
// dropped and counted: each keeps an attacker, or a mistake, from taking the machine's memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "sundog/timers/clock.hpp"

namespace sundog::net::limits {

using std::chrono::minutes;
using std::chrono::seconds;

// --- neighbours (RFC 4861 section 10; RFC 826 leaves the numbers open, so ARP has the same) ---

// Of one interface and family.
inline constexpr std::size_t neighbours = 256;
// Of these, ones that are being asked for and have never answered.
inline constexpr std::size_t unresolved_neighbours = 64;
inline constexpr Duration neighbour_reachable = seconds(30);
inline constexpr Duration neighbour_delay = seconds(5);
// Between two requests for one neighbour (RFC 1122 section 2.3.2.1: at most one a second).
inline constexpr Duration neighbour_request_apart = seconds(1);
inline constexpr unsigned neighbour_requests = 3;
// Packets that wait until one neighbour's address is known (all fragments of the largest one), and
// the bytes of all such packets and of fragments that wait for room, of one interface.
inline constexpr unsigned held_packets = 48;
inline constexpr std::size_t waiting_bytes = 256 * 1024;

// --- fragments ---

// How many packets are put together at a time, of how many fragments each, and the bytes of all of
// them.
inline constexpr std::size_t reassemblies = 32;
inline constexpr std::size_t fragments_of_a_packet = 128;
inline constexpr std::size_t reassembly_bytes = 512 * 1024;
// RFC 8200 section 4.5; RFC 1122 section 3.3.2 asks for as much.
inline constexpr Duration reassembly_time = seconds(60);

// --- paths ---

// Destinations whose path's mtu is remembered; the oldest makes room.
inline constexpr std::size_t path_mtus = 128;
// RFC 1191 section 6.3, RFC 8201 section 4: then a larger one is tried again.
inline constexpr Duration path_mtu_lifetime = minutes(10);
// No path is believed to carry less: 576 bytes less the largest options (RFC 791), 1280 (RFC 8200
// section 5).
inline constexpr std::uint32_t path_mtu_min_v4 = 552;
inline constexpr std::uint32_t path_mtu_min_v6 = 1280;

// --- ICMP ---

// Errors that are sent: so many at once, and so many a second in the long run (RFC 4443 section
// 2.4 f).
inline constexpr std::uint32_t error_burst = 10;
inline constexpr std::uint32_t errors_per_second = 100;
// Echoes that are answered: the same.
inline constexpr std::uint32_t echo_burst = 200;
inline constexpr std::uint32_t echoes_per_second = 1000;

// --- the loopback ---

// The largest packet to this machine itself, and how many may be under way.
inline constexpr std::size_t loopback_mtu = 16 * 1024;
inline constexpr std::size_t loopback_buffers = 64;

// --- UDP ---

// What a socket keeps for those who have not received it yet, with what is noted of each message.
inline constexpr std::size_t datagram_queue_bytes = 128 * 1024;
// Of all sockets together.
inline constexpr std::size_t datagram_bytes = 32 * datagram_queue_bytes;

}  // namespace sundog::net::limits
