#include "sundog/io/net/tcp/rack.hpp"

#include <algorithm>

namespace sundog::net::tcp {
namespace {

// RFC 8985 section 6.2: step 4.
constexpr std::uint32_t recoveries_of_persistence = 16;

}  // namespace

void Rack::arrived(const SentPiece& piece, const RoundTrip& round_trip, TimePoint now,
                   bool echoed_early) noexcept {
  // Reordered: never sent again, and yet behind one that arrived before (step 3).
  if (any_ && piece.resent == 0 && piece.end < furthest_before_) reordering_seen_ = true;
  furthest_ = any_ ? later(furthest_, piece.end) : piece.end;
  if (!any_) furthest_before_ = piece.end;
  const Duration measured = now - piece.sent_at;
  if (piece.resent != 0) {
    // Which of its sendings arrived? Not the last one, if that was too short a time ago (step 2).
    if (echoed_early || measured < round_trip.smallest()) return;
  }
  const bool is_latest = !any_ || !piece.sent_before(order_, end_);
  any_ = true;
  if (!is_latest) return;
  round_trip_ = measured;
  order_ = piece.order;
  end_ = piece.end;
}

void Rack::duplicated(bool round_begins) noexcept {
  if (round_begins) window_factor_ = std::min(window_factor_ + 1, std::uint32_t{64});
  window_persists_ = recoveries_of_persistence;
  reordering_seen_ = true;
}

void Rack::recovered() noexcept {
  if (window_persists_ != 0 && --window_persists_ == 0) window_factor_ = 1;
}

Duration Rack::reordering_window(const Scoreboard& sent, const RoundTrip& round_trip,
                                 const Situation& situation) const noexcept {
  if (!reordering_seen_) {
    const bool enough = sent.sacked() >= duplicates_threshold * situation.segment_bytes;
    if (situation.recovering || enough) return Duration(0);
  }
  const Duration window = window_factor_ * (round_trip.smallest() / 4);
  // A clock that ticks coarsely on either side must not look like loss.
  return std::max(std::min(window, round_trip.smoothed()), clock_granularity);
}

std::optional<TimePoint> Rack::find_lost(Scoreboard& sent, const RoundTrip& round_trip,
                                         const Situation& situation, TimePoint now) noexcept {
  if (!any_) return std::nullopt;
  const Duration window = reordering_window(sent, round_trip, situation);
  std::optional<TimePoint> look_again;
  for (std::size_t index = 0; index < sent.size(); ++index) {
    SentPiece& piece = sent[index];
    const bool sent_before = piece.sent_before(order_, end_);
    // Behind a piece that was sent once, and later, nothing was sent earlier.
    if (!sent_before && piece.resent == 0) break;
    if (!sent_before || piece.state != SentPiece::State::in_flight) continue;
    const TimePoint lost_at = piece.sent_at + round_trip_ + window;
    if (lost_at <= now) {
      sent.mark_lost(piece);
    } else if (!look_again || *look_again < lost_at) {
      look_again = lost_at;
    }
  }
  return look_again;
}

}  // namespace sundog::net::tcp
