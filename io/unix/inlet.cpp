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
  return result > 0 || result == -ENOBUFS || result == -ECANCELED || result == -EINTR ||
         result == -EAGAIN || result == -ENOMEM;
}

}  // namespace

void Inlet::receive_into(std::shared_ptr<ReceivePool> pool) noexcept {
  pool_ = std::move(pool);
  the<ReceiveMany>().pool = pool_.get();
  start();
}

void Inlet::wait(ReceiveOperation& reader) noexcept {
  SUNDOG_ASSERT(reader_ == nullptr, "two tasks read on one socket at once");
  reader_ = &reader;
  hear();
}

void Inlet::forget_reader() noexcept {
  reader_ = nullptr;
  hear();
}

int Inlet::take(MutableBytes buffer) noexcept {
  if (pieces_.empty()) {
    ended_ = false;
    return end_result_;
  }
  std::size_t taken = 0;
  while (!pieces_.empty() && taken < buffer.size()) {
    ReceivePool::Piece& piece = pieces_.front();
    const std::size_t count = std::min<std::size_t>(piece.size - piece.read, buffer.size() - taken);
    std::memcpy(buffer.data() + taken, piece.bytes() + piece.read, count);
    taken += count;
    piece.read = static_cast<std::uint16_t>(piece.read + count);
    if (piece.read == piece.size) pool_->give_back(pieces_.pop());
  }
  return static_cast<int>(taken);  // of pieces_max small pieces
}

void Inlet::drop() noexcept {
  while (!pieces_.empty()) pool_->give_back(pieces_.pop());
}

void Inlet::came(int result) noexcept {
  // Taken out: the last answer, which has none, must not find it again.
  ReceivePool::Piece* piece = std::exchange(the<ReceiveMany>().piece, nullptr);
  if (piece == nullptr) return;  // the end of the stream
  if (result == 0) return pool_->give_back(*piece);
  piece->size = static_cast<std::uint32_t>(result);
  piece->read = 0;
  pieces_.push(*piece);
  if (reader_ != nullptr) std::exchange(reader_, nullptr)->received();
}

void Inlet::ended(int result) noexcept {
  if (!says_nothing(result)) {
    ended_ = true;
    end_result_ = result;
  }
  ReceiveOperation* reader = std::exchange(reader_, nullptr);
  if (reader == nullptr) return;
  if (ended_) {
    reader->received();
  } else {
    SUNDOG_PROBE("a reader had to ask the kernel itself after all");
    reader->ask_kernel();
  }
}

}  // namespace sundog::detail
