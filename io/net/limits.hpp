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

// --- IPv6 addresses and routers (of each interface) ---

// Before an address is probed for, and before routers are asked for, at most (RFC 4861 section 10,
// RFC 4862 section 5.4.2).
inline constexpr Duration duplicate_probe_delay = seconds(1);
inline constexpr Duration router_solicitation_delay = seconds(1);
// Between two questions for routers while none has answered: the first, and the last (RFC 7559).
inline constexpr Duration router_solicitation_apart = seconds(4);
inline constexpr Duration router_solicitation_apart_max = minutes(60);
// What is kept of routers' advertisements; of more, those that came first.
inline constexpr std::size_t default_routers = 8;
inline constexpr std::size_t on_link_prefixes = 16;
inline constexpr std::size_t advertised_name_servers = 8;
// Addresses that a machine makes itself, its link-local one not counted.
inline constexpr std::size_t autoconfigured_addresses = 8;
// How often another address is tried when another machine has the one that was made (RFC 7217
// section 6, IDGEN_RETRIES).
inline constexpr unsigned address_attempts = 3;
// An address's lifetime is not cut shorter than this by an advertisement, which anybody can forge
// (RFC 4862 section 5.5.3 e).
inline constexpr Duration shortened_lifetime_min = minutes(120);
// What routers may say of times and hops: nothing beyond is believed.
inline constexpr Duration advertised_reachable_min = seconds(1);
inline constexpr Duration advertised_reachable_max = minutes(60);
inline constexpr Duration advertised_request_apart_min = std::chrono::milliseconds(100);
inline constexpr Duration advertised_request_apart_max = seconds(10);
inline constexpr std::uint8_t advertised_hop_limit_min = 32;
// The least that IPv6 needs of a link (RFC 8200 section 5).
inline constexpr std::uint32_t link_mtu_min_v6 = 1280;

// --- groups (RFC 3810 section 9, RFC 3376 section 8) ---

// How often a change is reported, as a report may be lost, and how far apart at most.
inline constexpr unsigned group_reports = 2;
inline constexpr Duration group_reports_apart = seconds(1);
// Answers to queries are at least so far apart, however many ask.
inline constexpr Duration group_answers_apart = std::chrono::milliseconds(100);
// For so long after an older version's query that version is spoken: two intervals of 125 s between
// queries, and 10 s for the answer.
inline constexpr Duration older_querier_present = seconds(260);
// Groups that one report names; of more there are several reports.
inline constexpr std::size_t groups_of_a_report = 32;

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
