// Connection: what the application asks for, and how it ends.
#include <algorithm>

#include "sundog/io/net/tcp/connection.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog::net::tcp {

Connection::Connection(const Settings& settings, BlockPool& memory, Statistics& statistics,
                       Output& output, Ports ports) noexcept
    : settings_(settings),
      memory_(memory),
      statistics_(statistics),
      output_(output),
      ports_(ports),
      send_queue_(memory),
      receive_queue_(memory) {
  if (settings.congestion_control == CongestionControl::new_reno) congestion_.emplace<NewReno>();
}

std::size_t Connection::writable_bytes() const noexcept {
  if (!takes_bytes()) return 0;
  // Twice the congestion window: one that is under way, and one to go on with.
  const std::uint64_t wanted = std::uint64_t{congestion().window()} * 2;
  std::uint64_t most = std::clamp<std::uint64_t>(wanted, send_buffer_initial, send_buffer_max);
  most = std::min<std::uint64_t>(most, settings_.send_buffer_max);
  if (memory_.scarce()) most = std::min<std::uint64_t>(most, Block::bytes);
  return queued_ < most ? static_cast<std::size_t>(most - queued_) : 0;
}

std::size_t Connection::write(Bytes bytes, TimePoint now) noexcept {
  const std::size_t taken = enqueue(bytes, now);
  if (taken != 0) transmit(now);
  return taken;
}

std::size_t Connection::enqueue(Bytes bytes, TimePoint now) noexcept {
  if (queued_ == 0) waiting_since_ = now;
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    // A block at a time: memory may become short meanwhile.
    const std::size_t room = std::min({bytes.size() - taken, writable_bytes(), Block::bytes});
    const std::size_t written = send_queue_.write(queued_, bytes.subspan(taken, room));
    if (written == 0) break;
    queued_ += static_cast<std::uint32_t>(written);
    taken += written;
  }
  return taken;
}

std::size_t Connection::read(MutableBytes buffer, TimePoint now) noexcept {
  const std::size_t count = std::min<std::size_t>(buffer.size(), readable_);
  if (count == 0) return 0;
  receive_queue_.copy(0, buffer.first(count));
  readable_ -= static_cast<std::uint32_t>(count);
  if (readable_ == 0 && reassembly_.empty()) {
    receive_queue_.clear();
  } else {
    receive_queue_.slide(count);
  }
  receive_window_.consumed(static_cast<std::uint32_t>(count), round_trip_.smoothed(), now,
                           !memory_.scarce());
  if (may_receive(state_) &&
      receive_window_.update_due(receive_next_, readable_, largest_segment_in_)) {
    acknowledge_now_ = true;
    transmit(now);
  }
  return count;
}

std::size_t Connection::take_offered(TimePoint now) noexcept {
  const std::size_t count = offered_bytes_;
  offered_ = {};
  offered_bytes_ = 0;
  if (count == 0) return 0;
  receive_window_.consumed(static_cast<std::uint32_t>(count), round_trip_.smoothed(), now,
                           !memory_.scarce());
  if (may_receive(state_) &&
      receive_window_.update_due(receive_next_, readable_, largest_segment_in_)) {
    acknowledge_now_ = true;
    transmit(now);
  }
  return count;
}

void Connection::shutdown(TimePoint now) noexcept {
  if (fin_wanted_) return;
  switch (state_) {
    case State::syn_received:
      break;  // once it is established
    case State::established:
      state_ = State::fin_wait_1;
      break;
    case State::close_wait:
      state_ = State::last_ack;
      break;
    default:
      return;
  }
  fin_wanted_ = true;
  if (queued_ == 0) waiting_since_ = now;
  transmit(now);
}

void Connection::close(TimePoint now) noexcept {
  if (closed_by_application_) return;
  closed_by_application_ = true;
  offered_ = {};
  if (state_ == State::syn_sent || state_ == State::syn_received) {
    abort(now);
    return;
  }
  // What nobody will read was lost, and the peer must not take it for delivered.
  if (readable_ != 0 || offered_bytes_ != 0) {
    abort(now);
    return;
  }
  shutdown(now);
  if (state_ == State::fin_wait_2) linger_at_ = now + fin_wait_2_max;
  output_.changed();
}

void Connection::abort(TimePoint now) noexcept {
  switch (state_) {
    case State::closed:
    case State::syn_sent:
    case State::time_wait:
      break;
    default:
      send_reset(send_next_, now);
      break;
  }
  fail(std::errc::operation_canceled);
  output_.changed();
}

void Connection::unreachable(wire::Sequence sequence, std::errc why, bool hard) noexcept {
  // Of a segment that is under way, or it is made up (RFC 5927 section 4.1).
  if (!is_under_way(sequence)) return;
  soft_error_ = why;
  const bool connects = state_ == State::syn_sent || (state_ == State::syn_received && active_);
  if (!hard || !connects) return;
  fail(why);
  output_.changed();
}

bool Connection::gives_way_to(const wire::TcpHeader& syn) const noexcept {
  if (state_ != State::time_wait || !syn.flags.syn || syn.flags.ack || syn.flags.rst) return false;
  if (timestamps_.on() && syn.options.timestamps) {
    return Timestamps::is_before(timestamps_.recent(), syn.options.timestamps->value);
  }
  return receive_next_ < syn.sequence;
}

void Connection::path_changed(const Path& path, TimePoint now) noexcept {
  const std::uint32_t before = segment_bytes_;
  path_ = path;
  path_.segment_bytes_max = std::max(path.segment_bytes_max, segment_bytes_min);
  update_segment_bytes();
  if (segment_bytes_ >= before || !is_synchronized(state_)) return;
  // What was too large has not arrived, which says nothing about congestion (RFC 1191 section 6.4).
  sent_.mark_all_lost();
  transmit(now);
}

void Connection::set_keep_alive(Duration idle, TimePoint now) noexcept {
  settings_.keep_alive = idle;
  probes_ = 0;
  const bool probes = idle > Duration(0) && is_synchronized(state_) && state_ != State::time_wait;
  keep_alive_at_ = probes ? deadline_after(now, idle) : never;
}

void Connection::update_segment_bytes() noexcept {
  segment_bytes_ = std::min({path_.segment_bytes_max,
                             std::max(peer_segment_bytes_, segment_bytes_min), black_hole_limit_});
  congestion().set_segment_bytes(segment_bytes_ - (timestamps_.on() ? 12 : 0));
}

void Connection::fail(std::errc why) noexcept {
  if (state_ == State::closed) return;
  error_ = why;
  const bool was_connecting = state_ == State::syn_sent || state_ == State::syn_received;
  if (was_connecting) {
    ++statistics_.attempt_fails;
  } else if (state_ == State::established || state_ == State::close_wait) {
    ++statistics_.established_resets;
  }
  end();
}

void Connection::end() noexcept {
  state_ = State::closed;
  send_queue_.clear();
  queued_ = 0;
  sent_.clear();
  reassembly_.clear();
  if (readable_ == 0 || closed_by_application_) {
    receive_queue_.clear();
    readable_ = 0;
  }
  acknowledge_now_ = false;
  retransmit_at_ = reorder_at_ = tail_probe_at_ = persist_at_ = never;
  acknowledge_at_ = keep_alive_at_ = linger_at_ = never;
}

void Connection::begin_time_wait(TimePoint now) noexcept {
  state_ = State::time_wait;
  send_queue_.clear();
  queued_ = 0;
  sent_.clear();
  retransmit_at_ = reorder_at_ = tail_probe_at_ = persist_at_ = keep_alive_at_ = never;
  linger_at_ = now + time_wait;
}

Snapshot Connection::snapshot() const noexcept {
  Snapshot shot;
  shot.state = state_;
  shot.congestion_control = congestion().name();
  shot.round_trip = round_trip_.smoothed();
  shot.round_trip_variation = round_trip_.variation();
  shot.round_trip_min = round_trip_.smallest();
  shot.retransmission_timeout = round_trip_.timeout(timeouts_);
  shot.segment_bytes = segment_bytes_;
  shot.congestion_window = congestion().window();
  shot.slow_start_threshold = congestion().threshold();
  shot.send_window = send_window_.size();
  shot.receive_window = receive_window_.advertised(receive_next_);
  shot.receive_buffer = receive_window_.buffer_bytes();
  shot.unsent_bytes = unsent_bytes();
  shot.unacknowledged_bytes = send_next_.since(send_unacknowledged_);
  shot.unread_bytes = readable_;
  shot.lost_bytes = sent_.lost();
  shot.sacked_bytes = sent_.sacked();
  shot.bytes_acknowledged = bytes_acknowledged_;
  shot.bytes_received = bytes_received_;
  shot.segments_resent = segments_resent_;
  shot.timeouts = timeouts_in_all_;
  shot.selective_acknowledgements = sack_;
  shot.timestamps = timestamps_.on();
  shot.send_scale = send_window_.scale();
  shot.receive_scale = receive_window_.scale();
  return shot;
}

}  // namespace sundog::net::tcp
