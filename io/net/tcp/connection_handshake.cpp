// Connection: how it begins (RFC 9293 section 3.5), and what both ends agree on by options.
#include <algorithm>

#include "sundog/io/net/tcp/connection.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog::net::tcp {

void Connection::prepare(const Secrets& secrets, const Path& path, TimePoint now) noexcept {
  SUNDOG_ASSERT(state_ == State::closed, "a connection is opened once");
  initial_ = secrets.initial;
  send_unacknowledged_ = initial_;
  send_next_ = initial_;
  tail_probe_end_ = duplicate_round_ = initial_;
  timestamps_.start(secrets.timestamp_offset);
  path_ = path;
  path_.segment_bytes_max = std::max(path.segment_bytes_max, segment_bytes_min);
  congestion().start(path_.segment_bytes_max);
  waiting_since_ = now;
  sent_last_ = now;
}

void Connection::open_active(const Secrets& secrets, const Path& path, TimePoint now) noexcept {
  prepare(secrets, path, now);
  ++statistics_.active_opens;
  active_ = true;
  state_ = State::syn_sent;
  scaling_ = settings_.window_scaling;
  sack_ = settings_.selective_acknowledgements;
  receive_window_.start(Sequence(0), settings_.receive_buffer_max);
  send_syn(now);
}

void Connection::open_passive(const Secrets& secrets, const Path& path, const wire::TcpHeader& syn,
                              TimePoint now) noexcept {
  prepare(secrets, path, now);
  ++statistics_.passive_opens;
  state_ = State::syn_received;
  agree_on(syn, now);
  send_syn(now);
}

void Connection::open_remembered(const Secrets& secrets, const Path& path,
                                 const wire::TcpHeader& syn, TimePoint now) noexcept {
  prepare(secrets, path, now);
  ++statistics_.passive_opens;
  state_ = State::syn_received;
  agree_on(syn, now);
  send_next_ = initial_ + 1;
  // The SYN,ACK that carried the cookie advertised this.
  acknowledged_to_peer_ = receive_next_;
  receive_window_.advertise(receive_next_, 0, segment_bytes_, true);
}

void Connection::send_syn(TimePoint now) noexcept {
  if (!sent_.reserve(1)) {
    fail(std::errc::not_enough_memory);
    return;
  }
  sent_.push(initial_, initial_ + 1, now);
  send_next_ = initial_ + 1;
  restart_retransmission(now);
  // Where there is no room it goes out as soon as there is.
  if (!send_piece(sent_.front(), false, now)) sent_.mark_lost(sent_.front());
}

void Connection::offer_options(wire::TcpHeader& header, TimePoint now) const noexcept {
  wire::TcpOptions& options = header.options;
  options.segment_bytes_max =
      static_cast<std::uint16_t>(std::min(path_.segment_bytes_max, std::uint32_t{UINT16_MAX}));
  if (scaling_) options.window_scale = ReceiveWindow::scale_for(settings_.receive_buffer_max);
  options.sack_permitted = sack_;
  // A SYN,ACK has them only if the SYN had (RFC 7323 section 3.2).
  const bool offers = state_ == State::syn_sent ? settings_.timestamps : timestamps_.on();
  if (offers) options.timestamps = timestamps_.option(now);
}

void Connection::agree_on(const wire::TcpHeader& syn, TimePoint now) noexcept {
  const wire::TcpOptions& options = syn.options;
  receive_initial_ = syn.sequence;
  receive_next_ = syn.sequence + 1;
  acknowledged_to_peer_ = receive_next_;
  receive_window_.start(receive_next_, settings_.receive_buffer_max);
  scaling_ = settings_.window_scaling && options.window_scale.has_value();
  if (scaling_) {
    send_window_.set_scale(*options.window_scale);
    receive_window_.set_scale(ReceiveWindow::scale_for(settings_.receive_buffer_max));
  }
  sack_ = settings_.selective_acknowledgements && options.sack_permitted;
  if (settings_.timestamps && options.timestamps) {
    timestamps_.turn_on(options.timestamps->value, now);
  }
  // A peer that does not say takes what everybody must (RFC 9293 section 3.7.1). That 0 is none is
  // seen to by the floor.
  if (options.segment_bytes_max) peer_segment_bytes_ = *options.segment_bytes_max;
  update_segment_bytes();
  congestion().start(segment_bytes_ - option_bytes());
  send_window_.start(syn.window, syn.sequence, syn.flags.ack ? syn.acknowledgement : initial_);
}

void Connection::become_established(TimePoint now) noexcept {
  // RFC 6298 section 5.7, RFC 5681 section 3.1: the handshake was lost at least once.
  if (timeouts_ != 0 || segments_resent_ != 0) {
    round_trip_.start_with(rto_after_lost_handshake);
    congestion().timed_out();
  }
  timeouts_ = 0;
  state_ = fin_wanted_ ? State::fin_wait_1 : State::established;
  if (settings_.keep_alive > Duration(0)) keep_alive_at_ = now + settings_.keep_alive;
}

void Connection::arrived_in_syn_sent(const wire::TcpHeader& header, Payload payload,
                                     TimePoint now) noexcept {
  const wire::TcpFlags& flags = header.flags;
  if (flags.ack && (header.acknowledgement <= initial_ || header.acknowledgement > send_next_)) {
    if (!flags.rst) send_reset(header.acknowledgement, now);
    return;
  }
  if (flags.rst) {
    if (!flags.ack) return;  // anybody can send that
    fail(std::errc::connection_refused);
    return;
  }
  if (!flags.syn) return;
  agree_on(header, now);
  // Our SYN has advertised that much.
  receive_window_.advertise(receive_next_, 0, segment_bytes_, true);
  if (!flags.ack) {
    // Both at once: the SYN that is sent again carries the acknowledgement.
    state_ = State::syn_received;
    sent_.mark_lost(sent_.front());
    return;
  }
  acknowledged(header, false, now);
  become_established(now);
  acknowledge_now_ = true;
  wire::TcpHeader text = header;
  text.sequence = header.sequence + 1;
  take_text(text, payload, now);
}

}  // namespace sundog::net::tcp
