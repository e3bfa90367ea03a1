// Every limit of the DNS resolver, in one place, with the reason for its value.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "sundog/timers/clock.hpp"

namespace sundog::net {

// How long a server may take in the first round; each further round allows twice as much.
inline constexpr Duration first_patience = std::chrono::seconds(1);
// How often all servers are asked: with 1, 2 and 4 seconds.
inline constexpr unsigned rounds_max = 3;
// For an answer over TCP, from connecting to its last byte.
inline constexpr Duration tcp_patience = std::chrono::seconds(5);
// When one family's addresses are there, how long the other's are waited for: enough for a second
// question where the first was lost. Servers exist that never answer for a family.
inline constexpr Duration other_family_patience = std::chrono::seconds(2);
// A name, whatever happens.
inline constexpr Duration resolve_time_max = std::chrono::seconds(30);

// Names that lead on from one to the next (CNAME).
inline constexpr std::size_t aliases_max = 16;
// Addresses of one family that are kept of an answer; more are left out.
inline constexpr std::size_t addresses_max = 64;
// Datagrams at a question's port that do not answer it, after which somebody seems to be guessing:
// the question goes by TCP (RFC 5452 section 9.3 has the arithmetic).
inline constexpr unsigned wrong_answers_max = 16;
// Ports that are tried, as they may be in use, before the stack chooses one.
inline constexpr unsigned ports_tried_max = 10;

// What is remembered; see AnswerCache.
inline constexpr std::size_t cache_entries_max = 1024;
inline constexpr std::size_t cache_bytes_max = 256 * 1024;
// However long a server wants it: a day (RFC 8767 section 4 recommends days), and three hours for
// "there is no such" (RFC 2308 section 5).
inline constexpr std::uint32_t answer_ttl_s_max = 24 * 3600;
inline constexpr std::uint32_t negative_ttl_s_max = 3 * 3600;

}  // namespace sundog::net
