// Statistics: counters of all connections together, with the names of RFC 4022 (TCP-MIB) beside
// them; and Snapshot, what is known of one connection, as `ss -ti` shows it.
#pragma once

#include <cstdint>

#include "sundog/io/net/tcp/state.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::net::tcp {

struct Statistics {
  std::uint64_t active_opens = 0;        // tcpActiveOpens
  std::uint64_t passive_opens = 0;       // tcpPassiveOpens
  std::uint64_t attempt_fails = 0;       // tcpAttemptFails
  std::uint64_t established_resets = 0;  // tcpEstabResets
  std::uint64_t segments_in = 0;         // tcpInSegs
  std::uint64_t segments_out = 0;        // tcpOutSegs, without those that carry old bytes only
  std::uint64_t segments_resent = 0;     // tcpRetransSegs
  std::uint64_t errors_in = 0;           // tcpInErrs: no TCP header, or a wrong checksum
  std::uint64_t resets_out = 0;          // tcpOutRsts
  // Beyond the MIB.
  std::uint64_t timeouts = 0;           // of retransmission
  std::uint64_t spurious_timeouts = 0;  // found by F-RTO
  std::uint64_t fast_recoveries = 0;
  std::uint64_t tail_loss_probes = 0;
  std::uint64_t challenge_acks = 0;  // RFC 5961
  std::uint64_t duplicates_in = 0;   // segments that brought nothing new
  std::uint64_t out_of_order_in = 0;
  std::uint64_t outdated_in = 0;   // dropped by PAWS
  std::uint64_t memory_drops = 0;  // data that found no memory
  std::uint64_t cookies_sent = 0;
  std::uint64_t cookies_taken = 0;
  std::uint64_t cookies_wrong = 0;
  std::uint64_t backlog_drops = 0;  // a listener had no room
};

struct Snapshot {
  State state = State::closed;
  const char* congestion_control = "";
  Duration round_trip{0};
  Duration round_trip_variation{0};
  Duration round_trip_min{0};
  Duration retransmission_timeout{0};
  std::uint32_t segment_bytes = 0;
  std::uint32_t congestion_window = 0;
  std::uint32_t slow_start_threshold = 0;
  std::uint32_t send_window = 0;
  std::uint32_t receive_window = 0;
  std::uint32_t receive_buffer = 0;
  std::uint32_t unsent_bytes = 0;
  std::uint32_t unacknowledged_bytes = 0;
  std::uint32_t unread_bytes = 0;
  std::uint32_t lost_bytes = 0;
  std::uint32_t sacked_bytes = 0;
  std::uint64_t bytes_acknowledged = 0;
  std::uint64_t bytes_received = 0;
  std::uint32_t segments_resent = 0;
  std::uint32_t timeouts = 0;
  bool selective_acknowledgements = false;
  bool timestamps = false;
  std::uint8_t send_scale = 0;
  std::uint8_t receive_scale = 0;
};

}  // namespace sundog::net::tcp
