// Connection: what happens when time has passed.
#include <algorithm>

#include "sundog/io/net/tcp/connection.hpp"

namespace sundog::net::tcp {

TimePoint Connection::deadline() const noexcept {
  if (state_ == State::closed) return never;
  return std::min({retransmit_at_, reorder_at_, tail_probe_at_, persist_at_, acknowledge_at_,
                   keep_alive_at_, linger_at_, user_timeout_at()});
}

TimePoint Connection::user_timeout_at() const noexcept {
  const bool waits = outstanding() || queued_ != 0;
  if (settings_.user_timeout <= Duration(0) || !waits) return never;
  return deadline_after(waiting_since_, settings_.user_timeout);
}

void Connection::due(TimePoint now) noexcept {
  if (state_ == State::closed) return;
  if (linger_at_ <= now) {
    end();
  } else if (user_timeout_at() <= now) {
    if (is_synchronized(state_)) send_reset(send_next_, now);
    fail(std::errc::timed_out);
  } else {
    if (acknowledge_at_ <= now) {
      // Owed from now on, also if there is no room for it yet.
      acknowledge_at_ = never;
      acknowledge_now_ = true;
    }
    if (reorder_at_ <= now) {
      reorder_at_ = never;
      losses_due(now);
    }
    if (tail_probe_at_ <= now) tail_probe_due(now);
    if (retransmit_at_ <= now) retransmission_due(now);
    if (persist_at_ <= now) persist_due(now);
    if (keep_alive_at_ <= now) keep_alive_due(now);
    transmit(now);
  }
  output_.changed();
}

void Connection::restart_retransmission(TimePoint now) noexcept {
  retransmit_at_ = deadline_after(now, round_trip_.timeout(timeouts_));
}

void Connection::retransmission_due(TimePoint now) noexcept {
  ++timeouts_;
  ++unanswered_;
  ++timeouts_in_all_;
  ++statistics_.timeouts;
  unsigned most = settings_.user_timeout > Duration(0) ? UINT32_MAX : retransmissions_max;
  if (state_ == State::syn_sent) most = std::min(most, syn_retransmissions_max);
  if (state_ == State::syn_received) most = syn_ack_retransmissions_max;
  if (unanswered_ > most) {
    fail(soft_error_ != std::errc{} ? soft_error_ : std::errc::timed_out);
    return;
  }
  // A probe of a closed window that stays without an answer says nothing about congestion.
  const bool probes_window = send_window_.size() == 0;
  if (is_synchronized(state_) && !probes_window) {
    const bool is_first = !recovery_.recovering();
    if (is_first) congestion().lost(send_next_.since(send_unacknowledged_), now);
    suspect_black_hole(now);
    congestion().timed_out();
    recovery_.enter_after_timeout(send_next_, is_first && timeouts_ == 1);
  }
  probing_tail_ = false;
  tail_probe_at_ = reorder_at_ = never;
  duplicates_ = 0;
  // What is acknowledged selectively, but is the first that is missing, was given up by the peer.
  if (!sent_.empty() && sent_.front().state == SentPiece::State::sacked) sent_.forget_sacks();
  sent_.mark_all_lost();
  restart_retransmission(now);
}

void Connection::suspect_black_hole(TimePoint now) noexcept {
  // RFC 4821 section 7.7, in its simplest form: large segments vanish again and again, so perhaps
  // a router drops them and its ICMP messages do not get through.
  constexpr std::uint32_t timeouts_of_suspicion = 3;
  constexpr std::uint32_t segment_bytes_of_suspicion = 1024;
  if (timeouts_ < timeouts_of_suspicion || sent_.empty()) return;
  const std::uint32_t floor =
      timeouts_ == timeouts_of_suspicion ? segment_bytes_of_suspicion : segment_bytes_default4;
  if (segment_bytes_ <= floor || sent_.front().size() <= floor) return;
  black_hole_limit_ = floor;
  black_hole_until_ = deadline_after(now, black_hole_time);
  update_segment_bytes();
}

void Connection::trust_path_again() noexcept {
  black_hole_limit_ = UINT32_MAX;
  black_hole_until_ = never;
  update_segment_bytes();
}

void Connection::schedule_tail_probe(TimePoint now) noexcept {
  tail_probe_at_ = never;
  const bool may_probe = sack_ && is_synchronized(state_) && !probing_tail_ && outstanding() &&
                         !recovery_.recovering() && sent_.sacked() == 0 && send_window_.size() != 0;
  if (!may_probe || retransmit_at_ == never) return;
  // RFC 8985 section 7.2.
  Duration timeout = round_trip_.known() ? 2 * round_trip_.smoothed() : rto_initial;
  timeout += send_next_.since(send_unacknowledged_) <= segment_bytes_ ? delayed_ack_of_peers
                                                                      : 2 * clock_granularity;
  tail_probe_at_ = std::min(deadline_after(now, timeout), retransmit_at_);
}

void Connection::tail_probe_due(TimePoint now) noexcept {
  tail_probe_at_ = never;
  if (sent_.empty()) return;
  ++statistics_.tail_loss_probes;
  // Something new, if there is, whatever the congestion window says; else the last again.
  const std::uint32_t usable = send_window_.usable(send_unacknowledged_, send_next_);
  const std::uint32_t bytes = std::min({unsent_bytes(), usable, payload_max()});
  bool sent = false;
  tail_probe_resent_ = bytes == 0;
  if (bytes != 0) {
    sent = send_text(bytes, false, now);
  } else {
    SentPiece* last = &sent_.back();
    const std::uint32_t most = payload_max();
    if (last->size() > most && !sent_.split(*last, last->end - most)) return;
    sent = send_piece(sent_.back(), true, now);
  }
  if (!sent) return;
  probing_tail_ = true;
  tail_probe_end_ = send_next_;
  tail_probe_at_ = never;
  restart_retransmission(now);
}

void Connection::schedule_persist(TimePoint now) noexcept {
  const bool waits = may_transmit(state_) && !outstanding() &&
                     (unsent_bytes() != 0 || (fin_wanted_ && !fin_sent_));
  if (!waits) {
    persist_at_ = never;
  } else if (persist_at_ == never) {
    persist_at_ = deadline_after(now, round_trip_.timeout(timeouts_));
  }
}

void Connection::persist_due(TimePoint now) noexcept {
  // RFC 9293 sections 3.8.6.1 and 3.8.6.2.1: an octet into a closed window, or what fits into one
  // that is not worth filling. From here on it is sent again like everything else.
  persist_at_ = never;
  ++timeouts_;
  const std::uint32_t usable = send_window_.usable(send_unacknowledged_, send_next_);
  const std::uint32_t bytes = std::min({unsent_bytes(), std::max(usable, 1u), payload_max()});
  send_text(bytes, bytes == unsent_bytes() && fin_wanted_ && (bytes == 0 || usable > bytes), now);
}

void Connection::keep_alive_due(TimePoint now) noexcept {
  keep_alive_at_ = never;
  if (!is_synchronized(state_) || state_ == State::time_wait) return;
  if (outstanding() || queued_ != 0) {
    // The timers of what is sent find out.
    keep_alive_at_ = deadline_after(now, settings_.keep_alive);
    return;
  }
  if (probes_ == settings_.keep_alive_probes) {
    send_reset(send_next_, now);
    fail(std::errc::timed_out);
    return;
  }
  ++probes_;
  keep_alive_at_ = deadline_after(now, settings_.keep_alive_interval);
  // A number that was acknowledged long ago: the peer answers that it is not acceptable (RFC 9293
  // section 3.8.4).
  OutgoingSegment probe;
  probe.header = header_at(send_next_ - 1, now);
  send(probe);
}

}  // namespace sundog::net::tcp
