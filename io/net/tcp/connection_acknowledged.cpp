// Connection: what an acknowledgement tells: what has arrived, what is lost, how fast the path is,
// and how much may be under way.
#include <algorithm>
#include <optional>

#include "sundog/io/net/tcp/connection.hpp"

namespace sundog::net::tcp {

// What one acknowledgement has told that was not known.
struct Connection::Delivered {
  std::uint32_t bytes = 0;       // arrived, by number or selectively
  std::uint32_t cumulative = 0;  // how far SND.UNA went
  std::uint32_t pipe_before = 0;
  std::uint32_t flight_before = 0;
  // Of the first piece among them that was sent once.
  std::optional<Duration> round_trip;
  // A piece that was sent before the last timeout and not since (F-RTO).
  bool original = false;
  bool selective = false;  // it had SACK blocks
  bool duplicate = false;  // one of them told of a duplicate (RFC 2883)
};

void Connection::acknowledged(const wire::TcpHeader& header, bool is_bare, TimePoint now) noexcept {
  const Sequence acknowledgement = header.acknowledgement;
  if (acknowledgement < send_unacknowledged_) return;  // an old one
  const bool window_was_closed = send_window_.size() == 0;
  const bool window_changed =
      !header.flags.syn && send_window_.update(header.window, header.sequence, acknowledgement);
  Delivered delivered;
  delivered.pipe_before = pipe();
  delivered.flight_before = send_next_.since(send_unacknowledged_);
  const bool is_duplicate =
      is_bare && !window_changed && outstanding() && acknowledgement == send_unacknowledged_;
  rack_.acknowledgement_begins();
  if (sack_ && header.options.sack_count != 0) take_selective(header, delivered, now);
  if (send_unacknowledged_ < acknowledgement)
    advance_unacknowledged(acknowledgement, delivered, now);
  take_round_trip(header, delivered, now);
  if (send_window_.size() == 0) {
    // The peer is there, and has no room: there is no limit to how long that may last, as long as
    // an application is here, which can put an end to it.
    if (!closed_by_application_) {
      unanswered_ = 0;
      waiting_since_ = now;
    }
  } else if (window_was_closed) {
    window_opened();
  }
  judge_timeout(delivered, is_duplicate);
  judge_tail_probe(delivered, is_duplicate, now);
  if (recovery_.recovering() && recovery_.point() <= send_unacknowledged_) {
    if (recovery_.phase() == Recovery::Phase::fast) {
      congestion().set_window(congestion().threshold());
      rack_.recovered();
    }
    recovery_.end();
    duplicates_ = 0;
  }
  find_losses(delivered, is_duplicate, now);
  adjust_window(delivered, now);
  if (delivered.cumulative != 0) schedule_tail_probe(now);
  if (fin_sent_ && send_unacknowledged_ == send_next_ && delivered.cumulative != 0) {
    fin_acknowledged(now);
  }
}

void Connection::take_selective(const wire::TcpHeader& header, Delivered& delivered,
                                TimePoint now) noexcept {
  const auto blocks = header.options.sack_blocks();
  delivered.selective = true;
  for (std::size_t index = 0; index < blocks.size(); ++index) {
    const wire::SackBlock& block = blocks[index];
    const bool is_duplicate =
        index == 0 &&
        (block.end <= header.acknowledgement ||
         (blocks.size() > 1 && blocks[1].start <= block.start && block.end <= blocks[1].end));
    if (is_duplicate) {
      delivered.duplicate = true;
      const bool round_begins = duplicate_round_ <= header.acknowledgement;
      rack_.duplicated(round_begins);
      if (round_begins) duplicate_round_ = send_next_;
      continue;
    }
    // Of what was not sent, or was acknowledged before, it says nothing.
    if (block.start < send_unacknowledged_ || block.end > send_next_) continue;
    delivered.bytes += sent_.sack(block.start, block.end, [&](const SentPiece& piece) {
      const bool early =
          timestamps_.on() && header.options.timestamps &&
          Timestamps::is_before(header.options.timestamps->echo, timestamps_.clock(piece.sent_at));
      rack_.arrived(piece, round_trip_, now, early);
      if (piece.resent != 0) return;
      if (!delivered.round_trip) delivered.round_trip = now - piece.sent_at;
      if (piece.start < recovery_.point()) delivered.original = true;
    });
  }
}

void Connection::advance_unacknowledged(Sequence to, Delivered& delivered, TimePoint now) noexcept {
  delivered.cumulative = to.since(send_unacknowledged_);
  const bool with_syn = send_unacknowledged_ == initial_;
  const bool with_fin = fin_sent_ && to == send_next_;
  const std::uint32_t data = delivered.cumulative - (with_syn ? 1u : 0u) - (with_fin ? 1u : 0u);
  std::optional<Duration> first;
  delivered.bytes += sent_.acknowledge(to, [&](const SentPiece& piece) {
    rack_.arrived(piece, round_trip_, now, false);
    if (piece.resent != 0) return;
    if (!first) first = now - piece.sent_at;
    if (piece.start < recovery_.point()) delivered.original = true;
  });
  if (first) delivered.round_trip = first;
  send_unacknowledged_ = to;
  queued_ -= data;
  bytes_acknowledged_ += data;
  if (queued_ == 0) {
    send_queue_.clear();
  } else {
    send_queue_.slide(data);
  }
  waiting_since_ = now;
  timeouts_ = 0;
  unanswered_ = 0;
  // Only what is new makes the timer begin anew (RFC 6298 section 5.3).
  retransmit_at_ = never;
  if (outstanding()) restart_retransmission(now);
}

void Connection::take_round_trip(const wire::TcpHeader& header, const Delivered& delivered,
                                 TimePoint now) noexcept {
  if (delivered.round_trip) {
    round_trip_.sample(*delivered.round_trip);
  } else if (delivered.cumulative != 0 && timestamps_.on() && header.options.timestamps &&
             header.options.timestamps->echo != 0) {
    // What was sent again: the echo says which sending arrived (RFC 7323 section 4.1).
    const Duration measured = timestamps_.since(header.options.timestamps->echo, now);
    if (measured < rto_max) round_trip_.sample(measured);
  } else {
    return;
  }
  // The timer runs with what is known now.
  if (retransmit_at_ != never && delivered.cumulative != 0) restart_retransmission(now);
}

void Connection::window_opened() noexcept {
  // What was sent into a closed window, as a probe or before it was closed, was not taken.
  timeouts_ = 0;
  sent_.mark_all_lost();
}

void Connection::judge_timeout(const Delivered& delivered, bool is_duplicate) noexcept {
  if (!recovery_.spurious_suspected()) return;
  if (send_unacknowledged_ >= recovery_.point()) return;  // it cannot be told any more
  const bool advanced = delivered.cumulative != 0;
  if (!recovery_.tries_new_data()) {
    if (advanced) {
      recovery_.try_new_data();
      congestion().set_window(pipe() + 2 * segment_bytes_);
    } else if (is_duplicate || delivered.selective) {
      recovery_.suspicion_refuted();
    }
  } else if (delivered.original) {
    ++statistics_.spurious_timeouts;
    congestion().undo();
    sent_.unmark_lost();
    recovery_.end();
  } else if (is_duplicate || delivered.selective || advanced) {
    // Step 3a: one segment more than the two new ones.
    recovery_.suspicion_refuted();
    congestion().set_window(3 * segment_bytes_);
  }
}

void Connection::judge_tail_probe(const Delivered& delivered, bool is_duplicate,
                                  TimePoint now) noexcept {
  // RFC 8985 section 7.4.2.
  if (!probing_tail_ || send_unacknowledged_ < tail_probe_end_) return;
  if (!tail_probe_resent_ || delivered.duplicate) {
    probing_tail_ = false;
  } else if (tail_probe_end_ < send_unacknowledged_) {
    // The probe has repaired a loss, which is a sign of congestion like any other.
    probing_tail_ = false;
    if (recovery_.recovering()) return;
    congestion().lost(delivered.flight_before, now);
    congestion().set_window(congestion().threshold());
  } else if (is_duplicate && !delivered.selective) {
    probing_tail_ = false;  // both have arrived
  }
}

bool Connection::find_lost_by_duplicates(const Delivered& delivered, bool is_duplicate) noexcept {
  // RFC 6582, for peers without SACK.
  if (sent_.empty()) return false;
  const bool in_fast = recovery_.phase() == Recovery::Phase::fast;
  if (is_duplicate) {
    ++duplicates_;
    const bool enough = duplicates_ >= Rack::duplicates_threshold;
    if (!enough || recovery_.recovering()) return false;
  } else if (delivered.cumulative != 0) {
    const std::uint32_t segments = delivered.cumulative / segment_bytes_;
    duplicates_ = in_fast ? duplicates_ - std::min(duplicates_, segments) : 0;
    if (!in_fast) return false;
  } else {
    return false;
  }
  // The first one, or after a part of the repair was acknowledged, the next.
  SentPiece* first = &sent_.front();
  if (first->size() > payload_max()) {
    if (!sent_.split(*first, first->start + payload_max())) return false;
    first = &sent_.front();
  }
  sent_.mark_lost(*first);
  return true;
}

void Connection::find_losses(Delivered& delivered, bool is_duplicate, TimePoint now) noexcept {
  bool found = false;
  if (sack_) {
    const std::uint32_t lost_before = sent_.lost();
    const Rack::Situation situation{recovery_.recovering(), segment_bytes_};
    reorder_at_ = rack_.find_lost(sent_, round_trip_, situation, now).value_or(never);
    found = sent_.lost() > lost_before;
  } else {
    if (is_duplicate) delivered.bytes += segment_bytes_;
    found = find_lost_by_duplicates(delivered, is_duplicate);
  }
  if (found && !recovery_.recovering()) {
    ++statistics_.fast_recoveries;
    congestion().lost(delivered.flight_before, now);
    recovery_.enter_fast(send_next_, delivered.pipe_before);
    tail_probe_at_ = never;
  }
}

void Connection::losses_due(TimePoint now) noexcept {
  Delivered nothing;
  nothing.pipe_before = pipe();
  nothing.flight_before = send_next_.since(send_unacknowledged_);
  find_losses(nothing, false, now);
  if (recovery_.phase() == Recovery::Phase::fast) adjust_window(nothing, now);
}

void Connection::adjust_window(const Delivered& delivered, TimePoint now) noexcept {
  switch (recovery_.phase()) {
    case Recovery::Phase::fast:
      congestion().set_window(recovery_.window_after(delivered.bytes, pipe(),
                                                     congestion().threshold(), segment_bytes_));
      break;
    case Recovery::Phase::after_timeout:
      if ((delivered.cumulative != 0 || sack_) && !recovery_.tries_new_data()) {
        congestion().acknowledged(std::min(delivered.bytes, segment_bytes_), round_trip_.smoothed(),
                                  now);
      }
      break;
    case Recovery::Phase::open:
      // A window that was not used says nothing about the path (RFC 7661).
      if (delivered.cumulative != 0 && window_limited_) {
        congestion().acknowledged(delivered.bytes, round_trip_.smoothed(), now);
      }
      break;
  }
}

void Connection::fin_acknowledged(TimePoint now) noexcept {
  switch (state_) {
    case State::fin_wait_1:
      state_ = State::fin_wait_2;
      if (closed_by_application_) linger_at_ = now + fin_wait_2_max;
      break;
    case State::closing:
      begin_time_wait(now);
      break;
    case State::last_ack:
      end();
      break;
    default:
      break;
  }
}

}  // namespace sundog::net::tcp
