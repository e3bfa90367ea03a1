#include "sundog/io/net/tcp/scoreboard.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <new>

#include "sundog/runtime/language/assert.hpp"

namespace sundog::net::tcp {
namespace {

constexpr std::uint32_t capacity_min = 8;
// A larger ring is given back when all is acknowledged.
constexpr std::uint32_t capacity_kept = 16;

}  // namespace

using wire::Sequence;
using State = SentPiece::State;

std::uint32_t& Scoreboard::bytes_in(State state) noexcept {
  if (state == State::in_flight) return in_flight_;
  return state == State::lost ? lost_ : sacked_;
}

void Scoreboard::move_to(SentPiece& piece, State state) noexcept {
  bytes_in(piece.state) -= piece.size();
  piece.state = state;
  bytes_in(state) += piece.size();
}

bool Scoreboard::reserve(std::size_t more) noexcept {
  const std::size_t wanted = count_ + more;
  if (wanted <= capacity_) return true;
  const auto capacity = std::max(capacity_min, std::bit_ceil(static_cast<std::uint32_t>(wanted)));
  std::unique_ptr<SentPiece[]> larger(new (std::nothrow) SentPiece[capacity]);
  if (larger == nullptr) return false;
  for (std::uint32_t index = 0; index < count_; ++index) larger[index] = (*this)[index];
  pieces_ = std::move(larger);
  capacity_ = capacity;
  first_ = 0;
  return true;
}

void Scoreboard::push(Sequence start, Sequence end, TimePoint now) noexcept {
  SUNDOG_ASSERT(count_ < capacity_, "reserve room for a piece before it is sent");
  ++count_;
  back() = {start, end, now, ++sendings_, State::in_flight, 0};
  in_flight_ += back().size();
}

std::uint32_t Scoreboard::acknowledge(Sequence end, PieceSeen seen) noexcept {
  std::uint32_t bytes = 0;
  while (count_ != 0 && front().start < end) {
    SentPiece& piece = front();
    SentPiece part = piece;
    part.end = earlier(part.end, end);
    if (piece.state != State::sacked) {
      bytes += part.size();
      seen(part);
    }
    bytes_in(piece.state) -= part.size();
    if (end < piece.end) {
      piece.start = end;
      break;
    }
    first_ = (first_ + 1) & (capacity_ - 1);
    --count_;
    if (first_lost_ != 0) --first_lost_;
  }
  if (count_ == 0 && capacity_ > capacity_kept) clear();
  return bytes;
}

std::size_t Scoreboard::index_of(Sequence place) const noexcept {
  std::size_t low = 0;
  std::size_t high = count_;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if ((*this)[middle].end <= place) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::uint32_t Scoreboard::sack(Sequence start, Sequence end, PieceSeen seen) noexcept {
  if (!(start < end)) return 0;
  std::uint32_t bytes = 0;
  for (std::size_t index = index_of(start); index < count_; ++index) {
    SentPiece* piece = &(*this)[index];
    if (piece->start >= end) break;
    if (piece->state == State::sacked) continue;
    if (piece->start < start) {
      if (!split(*piece, start)) continue;
      continue;  // the part that is meant comes next
    }
    if (end < piece->end && !split(*piece, end)) break;
    piece = &(*this)[index];  // which splitting may have moved
    move_to(*piece, State::sacked);
    bytes += piece->size();
    seen(*piece);
  }
  return bytes;
}

void Scoreboard::mark_lost(SentPiece& piece) noexcept {
  if (piece.state != State::in_flight) return;
  move_to(piece, State::lost);
  first_lost_ = std::min(first_lost_, static_cast<std::uint32_t>(index_of(piece.start)));
}

void Scoreboard::mark_all_lost() noexcept {
  for (std::size_t index = 0; index < count_; ++index) {
    if ((*this)[index].state == State::in_flight) move_to((*this)[index], State::lost);
  }
  first_lost_ = 0;
}

void Scoreboard::forget_sacks() noexcept {
  for (std::size_t index = 0; index < count_; ++index) {
    if ((*this)[index].state == State::sacked) move_to((*this)[index], State::lost);
  }
  first_lost_ = 0;
}

void Scoreboard::unmark_lost() noexcept {
  for (std::size_t index = 0; index < count_; ++index) {
    if ((*this)[index].state == State::lost) move_to((*this)[index], State::in_flight);
  }
}

void Scoreboard::resent(SentPiece& piece, TimePoint now) noexcept {
  move_to(piece, State::in_flight);
  piece.sent_at = now;
  piece.order = ++sendings_;
  if (piece.resent != std::numeric_limits<std::uint8_t>::max()) ++piece.resent;
}

SentPiece* Scoreboard::next_lost() noexcept {
  if (lost_ == 0) return nullptr;
  while (first_lost_ < count_ && (*this)[first_lost_].state != State::lost) ++first_lost_;
  SUNDOG_ASSERT(first_lost_ < count_, "lost bytes are in a lost piece");
  return &(*this)[first_lost_];
}

bool Scoreboard::split(SentPiece& piece, Sequence at) noexcept {
  const std::size_t index = index_of(piece.start);
  if (!reserve(1)) return false;
  ++count_;
  for (std::size_t to = count_ - 1; to > index + 1; --to) (*this)[to] = (*this)[to - 1];
  SentPiece& first = (*this)[index];
  SentPiece& second = (*this)[index + 1];
  second = first;
  first.end = at;
  second.start = at;
  return true;
}

void Scoreboard::clear() noexcept {
  if (capacity_ > capacity_kept) {
    pieces_.reset();
    capacity_ = 0;
  }
  first_ = count_ = first_lost_ = 0;
  in_flight_ = lost_ = sacked_ = 0;
}

}  // namespace sundog::net::tcp
