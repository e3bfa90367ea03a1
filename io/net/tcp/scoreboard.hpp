// Scoreboard: what was sent and is not acknowledged, piece by piece: when it was sent last, and
// whether it is under way, lost, or selectively acknowledged (RFC 2018, RFC 6675, RFC 8985).
//
// All that is sent again is sent from here: SND.NXT never goes back. SYN and FIN are pieces as
// well, of the one sequence number that they take.
//
//                 push()              acknowledge()
//   (not sent) ------------> in_flight ------------> (forgotten)
//                             |  ^  |  sack()                 ^
//               mark_lost()   v  |  +----------> sacked ------+
//                           lost -+  resent()
//                             +--------- sack() ---^
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sundog/io/net/wire/tcp_sequence.hpp"
#include "sundog/runtime/language/function_ref.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::net::tcp {

// A piece of the stream that was sent by one segment, or by a large packet that the device cuts.
struct SentPiece {
  enum class State : std::uint8_t { in_flight, lost, sacked };

  wire::Sequence start;
  wire::Sequence end;
  TimePoint sent_at;  // the last time
  // Of all sendings, which one that was, by number: a clock may show one time for many.
  std::uint32_t order = 0;
  State state = State::in_flight;
  // How often it was sent again, up to 255.
  std::uint8_t resent = 0;
  std::uint32_t size() const noexcept { return end.since(start); }
  // Whether this was sent before the sending with this number, of a piece that ends at `other_end`.
  bool sent_before(std::uint32_t other_order, wire::Sequence other_end) const noexcept {
    const auto difference = static_cast<std::int32_t>(order - other_order);
    return difference < 0 || (difference == 0 && end < other_end);
  }
};

// What an acknowledgement has told that was not known.
using PieceSeen = FunctionRef<void(const SentPiece&)>;

class Scoreboard {
 public:
  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }
  SentPiece& operator[](std::size_t index) const noexcept {
    return pieces_[(first_ + index) & (capacity_ - 1)];
  }
  SentPiece& front() const noexcept { return (*this)[0]; }
  SentPiece& back() const noexcept { return (*this)[count_ - 1]; }

  // "Pipe" of RFC 6675: bytes that are taken to be under way.
  std::uint32_t in_flight() const noexcept { return in_flight_; }
  std::uint32_t sacked() const noexcept { return sacked_; }
  std::uint32_t lost() const noexcept { return lost_; }

  // There is memory for so many more pieces: what is sent must be remembered.
  bool reserve(std::size_t more) noexcept;
  // Sent for the first time, behind everything else; there must be room.
  void push(wire::Sequence start, wire::Sequence end, TimePoint now) noexcept;
  // All before `end` has arrived. Calls `seen` with each piece, or the part of it, that was not
  // selectively acknowledged before. Gives how many bytes those were.
  std::uint32_t acknowledge(wire::Sequence end, PieceSeen seen) noexcept;
  // The same for a block of selective acknowledgements.
  std::uint32_t sack(wire::Sequence start, wire::Sequence end, PieceSeen seen) noexcept;

  void mark_lost(SentPiece& piece) noexcept;
  // Whatever is under way.
  void mark_all_lost() noexcept;
  // The peer has not kept what it had selectively acknowledged (RFC 2018 section 8).
  void forget_sacks() noexcept;
  // It was not lost after all: a timeout was spurious.
  void unmark_lost() noexcept;
  // The piece, which is lost or under way, was sent again.
  void resent(SentPiece& piece, TimePoint now) noexcept;

  // The first lost piece, or null.
  SentPiece* next_lost() noexcept;
  // Cuts a piece so that it ends at `at`; what is behind is another one. False: no memory.
  bool split(SentPiece& piece, wire::Sequence at) noexcept;

  void clear() noexcept;

 private:
  std::size_t index_of(wire::Sequence place) const noexcept;
  std::uint32_t& bytes_in(SentPiece::State state) noexcept;
  void move_to(SentPiece& piece, SentPiece::State state) noexcept;

  // A ring; its capacity is a power of two.
  std::unique_ptr<SentPiece[]> pieces_;
  std::uint32_t capacity_ = 0;
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
  // No piece before this index is lost.
  std::uint32_t first_lost_ = 0;
  std::uint32_t in_flight_ = 0;
  std::uint32_t lost_ = 0;
  std::uint32_t sacked_ = 0;
  std::uint32_t sendings_ = 0;
};

}  // namespace sundog::net::tcp
