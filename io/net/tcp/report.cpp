#include "sundog/io/net/tcp/report.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

#include "sundog/runtime/text/digits.hpp"

namespace sundog::net::tcp {
namespace {

void add(std::string& text, std::string_view name, std::uint64_t number,
         std::string_view behind = "\n") {
  text += name;
  text += Decimal(number);
  text += behind;
}

void add_us(std::string& text, std::string_view name, Duration time) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  add(text, name, static_cast<std::uint64_t>(us), "us");
}

}  // namespace

std::string report(const Statistics& statistics) {
  std::string text;
  add(text, "tcpActiveOpens ", statistics.active_opens);
  add(text, "tcpPassiveOpens ", statistics.passive_opens);
  add(text, "tcpAttemptFails ", statistics.attempt_fails);
  add(text, "tcpEstabResets ", statistics.established_resets);
  add(text, "tcpInSegs ", statistics.segments_in);
  add(text, "tcpOutSegs ", statistics.segments_out);
  add(text, "tcpRetransSegs ", statistics.segments_resent);
  add(text, "tcpInErrs ", statistics.errors_in);
  add(text, "tcpOutRsts ", statistics.resets_out);
  add(text, "timeouts ", statistics.timeouts);
  add(text, "spurious timeouts ", statistics.spurious_timeouts);
  add(text, "fast recoveries ", statistics.fast_recoveries);
  add(text, "tail loss probes ", statistics.tail_loss_probes);
  add(text, "challenge acknowledgements ", statistics.challenge_acks);
  add(text, "duplicates in ", statistics.duplicates_in);
  add(text, "out of order in ", statistics.out_of_order_in);
  add(text, "outdated in ", statistics.outdated_in);
  add(text, "dropped without memory ", statistics.memory_drops);
  add(text, "cookies sent ", statistics.cookies_sent);
  add(text, "cookies taken ", statistics.cookies_taken);
  add(text, "cookies wrong ", statistics.cookies_wrong);
  add(text, "dropped by full backlogs ", statistics.backlog_drops);
  return text;
}

std::string report(const TcpSocket& socket) {
  const Snapshot shot = socket.connection().snapshot();
  std::string text = name_of(shot.state);
  text += ' ';
  text += socket.describe();
  text += ' ';
  text += shot.congestion_control;
  if (shot.timestamps) text += " ts";
  if (shot.selective_acknowledgements) text += " sack";
  add(text, " wscale:", shot.send_scale, ",");
  add(text, "", shot.receive_scale, "");
  add_us(text, " rto:", shot.retransmission_timeout);
  add_us(text, " rtt:", shot.round_trip);
  add_us(text, "/", shot.round_trip_variation);
  add_us(text, " minrtt:", shot.round_trip_min);
  add(text, " mss:", shot.segment_bytes, "");
  add(text, " cwnd:", shot.congestion_window, "");
  add(text, " ssthresh:", shot.slow_start_threshold, "");
  add(text, " snd_wnd:", shot.send_window, "");
  add(text, " rcv_wnd:", shot.receive_window, "");
  add(text, " unsent:", shot.unsent_bytes, "");
  add(text, " unacked:", shot.unacknowledged_bytes, "");
  add(text, " unread:", shot.unread_bytes, "");
  add(text, " lost:", shot.lost_bytes, "");
  add(text, " sacked:", shot.sacked_bytes, "");
  add(text, " bytes_acked:", shot.bytes_acknowledged, "");
  add(text, " bytes_received:", shot.bytes_received, "");
  add(text, " retrans:", shot.segments_resent, "");
  add(text, " timeouts:", shot.timeouts, "\n");
  return text;
}

std::string report(const Tcp& tcp) {
  std::string text = report(tcp.statistics());
  add(text, "connections ", tcp.connection_count());
  add(text, "closed by the application ", tcp.orphan_count());
  add(text, "in TIME-WAIT ", tcp.time_wait_count());
  add(text, "bytes in queues ", tcp.memory_bytes());
  for (const TcpSocket* one = tcp.after(nullptr); one != nullptr; one = tcp.after(one)) {
    text += report(*one);
  }
  return text;
}

}  // namespace sundog::net::tcp
