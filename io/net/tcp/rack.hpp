// Rack: finds what was lost by time: a segment is lost when one that was sent sufficiently later
// has arrived (RFC 8985, RACK). How much later is "sufficiently" follows from whether the network
// was seen to reorder, and by how much.
#pragma once

#include <cstdint>
#include <optional>

#include "sundog/io/net/tcp/round_trip.hpp"
#include "sundog/io/net/tcp/scoreboard.hpp"

namespace sundog::net::tcp {

class Rack {
 public:
  // Segments that were selectively acknowledged ("DupThresh"): with so many, what is before them is
  // lost without more waiting, unless the network has reordered.
  static constexpr std::uint32_t duplicates_threshold = 3;

  // An acknowledgement has come: what it tells of, it tells in no order.
  void acknowledgement_begins() noexcept { furthest_before_ = furthest_; }
  // A piece has arrived, told by an acknowledgement that came at `now`. `echoed_early`: the
  // timestamp that it echoed is older than the piece's last sending, so an earlier one arrived.
  void arrived(const SentPiece& piece, const RoundTrip& round_trip, TimePoint now,
               bool echoed_early) noexcept;
  // The peer got something twice: what was sent again had not been lost. `round_begins`: in this
  // round trip it is the first time.
  void duplicated(bool round_begins) noexcept;
  // A recovery has ended.
  void recovered() noexcept;

  struct Situation {
    bool recovering = false;  // in fast recovery, or after a timeout
    std::uint32_t segment_bytes = 1;
  };
  // Marks what is lost. Gives when to look again, if anything may be lost by then.
  std::optional<TimePoint> find_lost(Scoreboard& sent, const RoundTrip& round_trip,
                                     const Situation& situation, TimePoint now) noexcept;

  bool reordering_seen() const noexcept { return reordering_seen_; }

 private:
  Duration reordering_window(const Scoreboard& sent, const RoundTrip& round_trip,
                             const Situation& situation) const noexcept;

  // Of the piece that was sent last among those that have arrived.
  std::uint32_t order_ = 0;
  wire::Sequence end_;
  Duration round_trip_{0};
  bool any_ = false;
  // The furthest that has arrived ("RACK.fack").
  wire::Sequence furthest_;
  // ... told by earlier acknowledgements.
  wire::Sequence furthest_before_;
  bool reordering_seen_ = false;
  // In quarters of the smallest round trip.
  std::uint32_t window_factor_ = 1;
  // Recoveries until a larger factor is forgotten.
  std::uint32_t window_persists_ = 0;
};

}  // namespace sundog::net::tcp
