#include "sundog/io/unix/inlet.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::detail {
namespace {

// The request has ended and says nothing of the stream: the reader may ask again.
bool says_nothing(int result) {
  return result == -ENOBUFS || result == -ECANCELED || result == -EINTR || result == -EAGAIN ||
         result == -ENOMEM;
}

}  // namespace

void Inlet::start(std::shared_ptr<ReceiveBuffers> buffers) noexcept {
  buffers_ = std::move(buffers);
  state_ = State::receiving;
  UnixPoller& poller = UnixPoller::current();
  poller.begin(*this);
  poller.add_unheard();
}

void Inlet::wait(ReceiveOperation& reader) noexcept {
  SUNDOG_ASSERT(reader_ == nullptr, "two tasks read on one socket at once");
  reader_ = &reader;
  UnixPoller::current().remove_unheard();
}

void Inlet::forget_reader() noexcept {
  reader_ = nullptr;
  UnixPoller::current().add_unheard();
}

int Inlet::take(MutableBytes buffer) noexcept {
  if (first_ == nullptr) {
    ended_ = false;
    return end_result_;
  }
  std::size_t taken = 0;
  while (first_ != nullptr && taken < buffer.size()) {
    ReceiveBuffers::Piece& piece = *first_;
    const std::size_t count = std::min<std::size_t>(piece.size - piece.read, buffer.size() - taken);
    std::memcpy(buffer.data() + taken, piece.bytes + piece.read, count);
    taken += count;
    piece.read += static_cast<std::uint32_t>(count);
    if (piece.read < piece.size) break;
    first_ = piece.next;
    --piece_count_;
    buffers_->give_back(piece);
  }
  return static_cast<int>(taken);
}

void Inlet::keep(ReceiveBuffers::Piece& piece, int size) noexcept {
  piece.next = nullptr;
  piece.size = static_cast<std::uint32_t>(size);
  piece.read = 0;
  (first_ == nullptr ? first_ : last_->next) = &piece;
  last_ = &piece;
  ++piece_count_;
}

void Inlet::drop_pieces() noexcept {
  while (first_ != nullptr) buffers_->give_back(*std::exchange(first_, first_->next));
}

void Inlet::completed(int result, bool more, bool) noexcept {
  ReceiveOperation* reader = reader_;
  if (result > 0) {
    keep(*static_cast<ReceiveBuffers::Piece*>(buffer), result);
  } else if (!says_nothing(result)) {
    ended_ = true;
    end_result_ = result;
  }
  if (!more) {
    if (result == -ENOBUFS) SUNDOG_PROBE("the shared receive buffers ran out");
    state_ = State::idle;
    if (reader == nullptr) UnixPoller::current().remove_unheard();
    if (abandoned_) {
      drop_pieces();
      delete this;
      return;
    }
  } else if (piece_count_ >= pieces_max && state_ == State::receiving) {
    SUNDOG_PROBE("a reader fell behind what its inlet received");
    state_ = State::stopping;
    UnixPoller::current().cancel(*this);
  }
  if (reader == nullptr) return;
  if (holds()) {
    more ? forget_reader() : void(reader_ = nullptr);
    reader->received();
  } else if (!more) {
    SUNDOG_PROBE("a reader had to ask the kernel itself after all");
    reader_ = nullptr;
    reader->ask_kernel();
  }
}

void Inlet::abandon() noexcept {
  SUNDOG_ASSERT(reader_ == nullptr, "a Socket was destroyed while a task reads from it");
  abandoned_ = true;
  if (state_ == State::idle) {
    drop_pieces();
    delete this;
  } else if (state_ == State::receiving) {
    state_ = State::stopping;
    UnixPoller::current().cancel(*this);
  }
}

}  // namespace sundog::detail
