// Connection: a segment has arrived (RFC 9293 section 3.10.7, RFC 5961, RFC 7323 section 5.3).
//
// The steps stand in the order of the RFC: timestamps, sequence number, RST, SYN, ACK, text, FIN.
#include <algorithm>

#include "sundog/io/net/tcp/connection.hpp"

namespace sundog::net::tcp {
namespace {

std::uint32_t length_of(const wire::TcpHeader& header, std::size_t payload_bytes) noexcept {
  return static_cast<std::uint32_t>(payload_bytes) + (header.flags.syn ? 1 : 0) +
         (header.flags.fin ? 1 : 0);
}

}  // namespace

std::optional<wire::TcpHeader> reset_for(const wire::TcpHeader& header,
                                         std::size_t payload_bytes) noexcept {
  if (header.flags.rst) return std::nullopt;
  wire::TcpHeader reset;
  reset.source_port = header.destination_port;
  reset.destination_port = header.source_port;
  reset.flags.rst = true;
  if (header.flags.ack) {
    reset.sequence = header.acknowledgement;
  } else {
    reset.flags.ack = true;
    reset.acknowledgement = header.sequence + length_of(header, payload_bytes);
  }
  return reset;
}

void Connection::segment(const wire::TcpHeader& header, Payload payload, TimePoint now) noexcept {
  if (state_ == State::closed) return;
  if (state_ == State::syn_sent) {
    arrived_in_syn_sent(header, payload, now);
  } else {
    arrived(header, payload, now);
  }
  transmit(now);
  output_.changed();
}

void Connection::arrived(const wire::TcpHeader& header, Payload payload, TimePoint now) noexcept {
  const bool is_syn_again = state_ == State::syn_received && header.flags.syn &&
                            !header.flags.ack && !header.flags.rst &&
                            header.sequence == receive_initial_;
  if (is_syn_again) {
    // Our SYN,ACK was lost, or is late.
    if (!sent_.empty()) sent_.mark_lost(sent_.front());
    return;
  }
  if (!check_timestamps(header, now)) return;
  if (!check_acceptable(header, payload.size(), now)) return;
  // A sign of life.
  probes_ = 0;
  if (settings_.keep_alive > Duration(0)) keep_alive_at_ = now + settings_.keep_alive;
  // RFC 7323 section 4.3: of a segment that an acknowledgement is, or will be, about.
  if (timestamps_.on() && header.options.timestamps && header.sequence <= acknowledged_to_peer_ &&
      !Timestamps::is_before(header.options.timestamps->value, timestamps_.recent())) {
    timestamps_.remember(header.options.timestamps->value, now);
  }
  if (header.flags.rst) {
    arrived_reset(header, now);
    return;
  }
  if (header.flags.syn) {
    // RFC 5961 section 4.2: a peer that has really begun anew answers with a reset.
    ++statistics_.challenge_acks;
    answer(now, true);
    return;
  }
  if (!header.flags.ack) return;
  if (!check_acknowledgement(header, now)) return;
  if (state_ == State::syn_received) {
    become_established(now);
    send_window_.start(std::uint32_t{header.window} << send_window_.scale(), header.sequence,
                       header.acknowledgement);
  }
  acknowledged(header, payload.empty() && !header.flags.fin, now);
  if (state_ == State::closed) return;
  take_text(header, payload, now);
}

bool Connection::check_timestamps(const wire::TcpHeader& header, TimePoint now) noexcept {
  if (!timestamps_.on() || header.flags.rst) return true;
  if (!header.options.timestamps) {
    // RFC 7323 section 3.2 would have it dropped. There are peers that leave them out in the last
    // segment of the handshake; without that, no connection would come about.
    return state_ == State::syn_received;
  }
  if (!timestamps_.outdated(header.options.timestamps->value, now)) return true;
  ++statistics_.outdated_in;
  answer(now, true);
  return false;
}

bool Connection::check_acceptable(const wire::TcpHeader& header, std::size_t payload_bytes,
                                  TimePoint now) noexcept {
  const std::uint32_t length = length_of(header, payload_bytes);
  const std::uint32_t window = receive_window_.advertised(receive_next_);
  const auto inside = [&](Sequence place) {
    return receive_next_ <= place && place < receive_next_ + window;
  };
  const Sequence start = header.sequence;
  // With a window of zero, what comes at its very place is looked at for its acknowledgement.
  if (start == receive_next_) return true;
  if (inside(start)) return true;
  if (length != 0 && window != 0 && inside(start + (length - 1))) return true;
  if (header.flags.rst) return false;
  const Sequence end = start + length;
  if (payload_bytes != 0 && end <= receive_next_) {
    ++statistics_.duplicates_in;
    if (sack_) {
      reassembly_.note_duplicate(start, start + static_cast<std::uint32_t>(payload_bytes));
    }
  }
  // A FIN that was acknowledged comes again: so our acknowledgement was lost, and the time begins
  // anew.
  if (state_ == State::time_wait && header.flags.fin) linger_at_ = now + time_wait;
  answer(now, length == 0);
  return false;
}

void Connection::arrived_reset(const wire::TcpHeader& header, TimePoint now) noexcept {
  // RFC 5961 section 3.2: only exactly what is expected; what is just near it may be a guess.
  if (header.sequence != receive_next_) {
    ++statistics_.challenge_acks;
    answer(now, true);
    return;
  }
  const bool refused = state_ == State::syn_received && active_;
  if (state_ == State::time_wait) {
    end();
    return;
  }
  fail(refused ? std::errc::connection_refused : std::errc::connection_reset);
}

bool Connection::check_acknowledgement(const wire::TcpHeader& header, TimePoint now) noexcept {
  const Sequence acknowledgement = header.acknowledgement;
  if (state_ == State::syn_received) {
    if (initial_ < acknowledgement && acknowledgement <= send_next_) return true;
    send_reset(acknowledgement, now);
    return false;
  }
  // RFC 5961 section 5.2: blind data brings an acknowledgement that is far away.
  const Sequence oldest = send_unacknowledged_ - send_window_.largest();
  if (acknowledgement < oldest) {
    ++statistics_.challenge_acks;
    answer(now, true);
    return false;
  }
  if (acknowledgement > send_next_) {
    answer(now, true);
    return false;
  }
  return true;
}

void Connection::answer(TimePoint now, bool limited) noexcept {
  if (limited) {
    if (now - challenges_since_ >= std::chrono::seconds(1)) {
      challenges_since_ = now;
      challenges_ = 0;
    }
    if (challenges_ == challenge_acks_per_second) return;
    ++challenges_;
  }
  acknowledge_now_ = true;
}

void Connection::send_reset(Sequence sequence, TimePoint now) noexcept {
  OutgoingSegment reset;
  // In SYN-SENT and SYN-RECEIVED it answers an acknowledgement that is not ours, and is believed
  // for that number alone.
  const bool answers = state_ == State::syn_sent || state_ == State::syn_received;
  reset.header.source_port = ports_.local;
  reset.header.destination_port = ports_.peer;
  reset.header.sequence = sequence;
  reset.header.flags.rst = true;
  if (!answers) {
    reset.header.flags.ack = true;
    reset.header.acknowledgement = receive_next_;
    if (timestamps_.on()) reset.header.options.timestamps = timestamps_.option(now);
  }
  ++statistics_.resets_out;
  ++statistics_.segments_out;
  // If there is no room, it is lost: the peer asks again, and nobody is here.
  static_cast<void>(output_.send(*this, reset));
}

void Connection::take_text(const wire::TcpHeader& header, Payload payload, TimePoint now) noexcept {
  if (!may_receive(state_)) return;
  Sequence start = header.sequence;
  bool fin = header.flags.fin;
  if (payload.empty() && !fin) return;
  const Sequence end = start + static_cast<std::uint32_t>(payload.size());
  if (closed_by_application_ && receive_next_ < end) {
    // Nobody will read it (RFC 9293 section 3.6.1, RFC 2525 section 2.17).
    send_reset(send_next_, now);
    fail(std::errc::operation_canceled);
    return;
  }
  if (start < receive_next_) {
    const std::uint32_t old =
        std::min(receive_next_.since(start), static_cast<std::uint32_t>(payload.size()));
    if (old != 0 && sack_) reassembly_.note_duplicate(start, start + old);
    acknowledge_now_ = acknowledge_now_ || old != 0;
    payload.remove_first(old);
    start += old;
  }
  const Sequence edge = receive_window_.edge();
  if (edge < end) {
    // What is beyond the window is not taken, nor the FIN behind it.
    const std::uint32_t room = start < edge ? edge.since(start) : 0;
    payload.keep_first(room);
    fin = false;
    acknowledge_now_ = true;
  }
  if (!payload.empty()) {
    largest_segment_in_ = std::max(
        largest_segment_in_, std::min(static_cast<std::uint32_t>(payload.size()), segment_bytes_));
  }
  if (fin) fin_at_ = end;
  if (start == receive_next_ && !payload.empty()) {
    const bool fills_gap = !reassembly_.empty();
    const std::size_t taken = take_in_order(payload, now);
    if (fills_gap || taken < payload.size()) acknowledge_now_ = true;
  } else if (!payload.empty()) {
    take_out_of_order(start, payload);
  }
  if (fin_at_ && *fin_at_ == receive_next_ && !fin_received_) take_fin(now);
}

std::size_t Connection::take_in_order(Payload payload, TimePoint now) noexcept {
  std::size_t taken = 0;
  // Straight to who waits for it.
  if (readable_ == 0 && reassembly_.empty() && offered_bytes_ < offered_.size()) {
    taken = std::min(payload.size(), offered_.size() - offered_bytes_);
    payload.copy(offered_.subspan(offered_bytes_, taken));
    offered_bytes_ += taken;
  }
  std::size_t stored = 0;
  while (taken + stored < payload.size()) {
    const MutableBytes to =
        receive_queue_.space(readable_ + stored, payload.size() - taken - stored);
    if (to.empty()) {
      ++statistics_.memory_drops;
      break;
    }
    payload.copy(taken + stored, to);
    stored += to.size();
  }
  taken += stored;
  readable_ += static_cast<std::uint32_t>(stored);
  const Sequence reached = receive_next_ + static_cast<std::uint32_t>(taken);
  receive_next_ = reassembly_.advance(reached);
  readable_ += receive_next_.since(reached);
  bytes_received_ += receive_next_.since(reached) + taken;
  unacknowledged_in_ += receive_next_.since(reached) + static_cast<std::uint32_t>(taken);
  if (!settings_.delays_acknowledgements || unacknowledged_in_ >= 2 * largest_segment_in_ ||
      !reassembly_.empty()) {
    acknowledge_now_ = true;
  } else if (acknowledge_at_ == never && taken != 0) {
    acknowledge_at_ = now + delayed_ack;
  }
  return taken;
}

void Connection::take_out_of_order(Sequence start, Payload payload) noexcept {
  acknowledge_now_ = true;
  const Sequence end = start + static_cast<std::uint32_t>(payload.size());
  ++statistics_.out_of_order_in;
  if (reassembly_.contains(start, end)) {
    ++statistics_.duplicates_in;
    if (sack_) reassembly_.note_duplicate(start, end);
    // The block that holds it follows the duplicate (RFC 2883 section 4).
    reassembly_.add(start, end);
    return;
  }
  // Kept for what comes before it: not when memory is short, which that will need.
  if (memory_.scarce() || (reassembly_.full() && !reassembly_.overlaps(start - 1, end + 1))) {
    ++statistics_.memory_drops;
    return;
  }
  const std::size_t place = readable_ + start.since(receive_next_);
  std::size_t stored = 0;
  while (stored < payload.size()) {
    const MutableBytes to = receive_queue_.space(place + stored, payload.size() - stored);
    if (to.empty()) break;
    payload.copy(stored, to);
    stored += to.size();
  }
  if (stored != 0) reassembly_.add(start, start + static_cast<std::uint32_t>(stored));
}

void Connection::take_fin(TimePoint now) noexcept {
  fin_received_ = true;
  receive_next_ += 1;
  acknowledge_now_ = true;
  switch (state_) {
    case State::established:
      state_ = State::close_wait;
      break;
    case State::fin_wait_1:
      // The acknowledgement of our FIN would have led to FIN-WAIT-2 already.
      state_ = State::closing;
      break;
    case State::fin_wait_2:
      begin_time_wait(now);
      break;
    default:
      break;
  }
}

}  // namespace sundog::net::tcp
