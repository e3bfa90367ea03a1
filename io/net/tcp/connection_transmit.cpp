// Connection: what is sent, and when: first what was lost, then what is new, then acknowledgements.
#include <algorithm>

#include "sundog/io/net/tcp/connection.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog::net::tcp {

void Connection::transmit(TimePoint now) noexcept {
  if (state_ == State::closed) return;
  if (black_hole_until_ <= now) trust_path_again();
  if (recovery_.tries_new_data()) {
    // F-RTO, RFC 5682 section 2.1 step 2b: two new segments, where there are any.
    if (send_new(now)) {
      send_new(now);
    } else if (send_next_ == recovery_.point()) {
      recovery_.suspicion_refuted();
    }
  }
  if (!recovery_.tries_new_data()) {
    while (send_lost(now)) {
    }
    if (sent_.lost() == 0) {
      while (send_new(now)) {
      }
    } else {
      window_limited_ = true;
    }
  }
  if (acknowledge_now_) send_acknowledgement(now);
  schedule_persist(now);
}

// Bytes that are taken to be under way.
std::uint32_t Connection::pipe() const noexcept {
  // A peer without SACK tells of each segment that arrived by a duplicate, but not of which.
  const std::uint32_t arrived =
      recovery_.phase() == Recovery::Phase::after_timeout ? 0 : duplicates_ * segment_bytes_;
  return sent_.in_flight() - std::min(sent_.in_flight(), arrived);
}

std::size_t Connection::sack_blocks_to_tell() const noexcept {
  if (!sack_ || !is_synchronized(state_)) return 0;
  const std::size_t most = timestamps_.on() ? 3 : wire::TcpOptions::sack_blocks_max;
  return std::min(reassembly_.block_count(), most);
}

std::uint32_t Connection::option_bytes() const noexcept {
  const std::size_t blocks = sack_blocks_to_tell();
  return static_cast<std::uint32_t>((timestamps_.on() ? 12 : 0) +
                                    (blocks != 0 ? 4 + 8 * blocks : 0));
}

// What a segment carries beside its options (RFC 6691).
std::uint32_t Connection::payload_max() const noexcept { return segment_bytes_ - option_bytes(); }

wire::TcpHeader Connection::header_at(Sequence sequence, TimePoint now) noexcept {
  wire::TcpHeader header;
  header.source_port = ports_.local;
  header.destination_port = ports_.peer;
  header.sequence = sequence;
  const bool with_syn = sequence == initial_ && !is_synchronized(state_);
  if (with_syn) {
    header.flags.syn = true;
    offer_options(header, now);
  } else {
    if (timestamps_.on()) header.options.timestamps = timestamps_.option(now);
    const std::size_t blocks = sack_blocks_to_tell();
    header.options.sack_count = static_cast<std::uint8_t>(
        reassembly_.take_blocks(std::span(header.options.sack).first(blocks)));
  }
  if (state_ == State::syn_sent) {
    header.window = static_cast<std::uint16_t>(
        std::min(receive_window_.buffer_bytes(), std::uint32_t{UINT16_MAX}));
    return header;
  }
  header.flags.ack = true;
  header.acknowledgement = receive_next_;
  header.window =
      receive_window_.advertise(receive_next_, readable_, largest_segment_in_, with_syn);
  return header;
}

bool Connection::send(const OutgoingSegment& segment) noexcept {
  if (!output_.send(*this, segment)) return false;
  ++statistics_.segments_out;
  if (segment.header.flags.ack) {
    acknowledge_now_ = false;
    acknowledge_at_ = never;
    unacknowledged_in_ = 0;
    acknowledged_to_peer_ = receive_next_;
  }
  return true;
}

bool Connection::send_acknowledgement(TimePoint now) noexcept {
  if (state_ == State::syn_sent) {
    acknowledge_now_ = false;  // nothing has come that could be acknowledged
    return false;
  }
  OutgoingSegment segment;
  segment.header = header_at(send_next_, now);
  return send(segment);
}

bool Connection::send_lost(TimePoint now) noexcept {
  SentPiece* piece = sent_.next_lost();
  if (piece == nullptr) return false;
  const std::uint32_t most = payload_max();
  if (piece->size() > most && !sent_.split(*piece, piece->start + most)) return false;
  piece = sent_.next_lost();
  const std::uint32_t flight = pipe();
  if (flight != 0) {
    // Until it is known whether the timeout was spurious, one is enough (RFC 5682).
    if (recovery_.spurious_suspected()) return false;
    if (flight + piece->size() > congestion().window()) return false;
    // A peer that took its window back gets one piece at a time.
    const bool outside = piece->end - send_unacknowledged_ >
                         static_cast<std::int64_t>(std::max(send_window_.size(), 1u));
    if (outside) return false;
  }
  return send_piece(*piece, true, now);
}

// `again`: it was sent before.
bool Connection::send_piece(SentPiece& piece, bool again, TimePoint now) noexcept {
  const bool with_syn = piece.start == initial_;
  const bool with_fin = fin_sent_ && piece.end == send_next_;
  OutgoingSegment segment;
  segment.header = header_at(piece.start, now);
  segment.header.flags.fin = with_fin;
  segment.payload_bytes = piece.size() - (with_syn ? 1u : 0u) - (with_fin ? 1u : 0u);
  segment.payload_offset = with_syn ? 0 : piece.start.since(queue_start());
  segment.header.flags.psh =
      segment.payload_bytes != 0 && segment.payload_offset + segment.payload_bytes == queued_;
  if (!send(segment)) return false;
  if (again) {
    ++segments_resent_;
    ++statistics_.segments_resent;
    sent_.resent(piece, now);
    if (recovery_.phase() == Recovery::Phase::fast) recovery_.sent(piece.size(), true);
  }
  // The timer is that of what is missing first (RFC 6675 section 5 leaves it open).
  const bool is_first = piece.start == send_unacknowledged_;
  if (retransmit_at_ == never || is_first) restart_retransmission(now);
  return true;
}

bool Connection::send_new(TimePoint now) noexcept {
  if (!may_transmit(state_)) return false;
  const std::uint32_t unsent = unsent_bytes();
  const bool fin_due = fin_wanted_ && !fin_sent_;
  if (unsent == 0 && !fin_due) {
    window_limited_ = false;
    return false;
  }
  const std::uint32_t most = payload_max();
  if (!outstanding() && now - sent_last_ > round_trip_.timeout(0)) congestion().idled();
  const std::uint32_t flight = pipe();
  const std::uint32_t window = congestion().window();
  const std::uint32_t allowed = flight < window ? window - flight : 0;
  const std::uint32_t usable = send_window_.usable(send_unacknowledged_, send_next_);
  std::uint32_t bytes = std::min({unsent, usable, allowed});
  window_limited_ = allowed < std::min({unsent, usable, most});
  if (window_limited_) return false;
  // Nagle: what is less than a segment waits until nothing is under way.
  const bool tail_may_go = settings_.no_delay || fin_due || !outstanding();
  if (bytes < most) {
    if (bytes < unsent) {
      if (bytes == 0 || !send_window_.worth_filling(bytes)) return false;
    } else if (bytes != 0 && !tail_may_go) {
      return false;
    }
  } else {
    const std::uint32_t large = std::max(path_.large_bytes_max / most * most, most);
    bytes = std::min(bytes, large);
    const bool ends_queue = bytes == unsent && tail_may_go;
    if (!ends_queue) bytes = bytes / most * most;
  }
  const bool with_fin = fin_due && bytes == unsent && usable > bytes;
  if (bytes == 0 && !with_fin) return false;
  return send_text(bytes, with_fin, now);
}

// The next bytes of the queue, and FIN behind them.
bool Connection::send_text(std::uint32_t bytes, bool with_fin, TimePoint now) noexcept {
  if (!sent_.reserve(1)) return false;
  const std::uint32_t most = payload_max();
  OutgoingSegment segment;
  segment.header = header_at(send_next_, now);
  segment.payload_bytes = bytes;
  segment.payload_offset = send_next_.since(queue_start());
  segment.segment_bytes = bytes > most ? most : 0;
  segment.header.flags.psh = bytes != 0 && bytes == unsent_bytes();
  segment.header.flags.fin = with_fin;
  if (!send(segment)) return false;
  sent_last_ = now;
  const std::uint32_t length = bytes + (with_fin ? 1 : 0);
  sent_.push(send_next_, send_next_ + length, now);
  send_next_ += length;
  fin_sent_ = fin_sent_ || with_fin;
  persist_at_ = never;
  if (recovery_.phase() == Recovery::Phase::fast) recovery_.sent(length, false);
  if (retransmit_at_ == never) restart_retransmission(now);
  schedule_tail_probe(now);
  return true;
}

}  // namespace sundog::net::tcp
