#include "sundog/io/unix/zero_copy.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::detail {

ZeroCopy::ZeroCopy(SendOperation& write, int socket, Bytes bytes) noexcept
    : write_(write), socket_(socket), rest_(bytes) {
  for (Piece& piece : pieces_) {
    piece.whole = this;
    piece.fd = socket;
  }
}

void ZeroCopy::send_next() noexcept {
  if (being_sent_ != nullptr || error_ != 0 || cancelled_ || rest_.empty()) return;
  const auto place = std::find_if(pieces_.begin(), pieces_.end(),
                                  [](const Piece& piece) { return !piece.under_way; });
  if (place == pieces_.end()) return;
  place->code = copies_ ? Request::Code::send : Request::Code::send_zero_copy;
  place->buffer = const_cast<std::byte*>(rest_.data());  // the kernel only reads it
  place->size = std::min(rest_.size(), piece_bytes_max);
  place->under_way = true;
  being_sent_ = &*place;
  ++under_way_;
  UnixPoller::current().begin(*place);
}

void ZeroCopy::Piece::completed(int result, bool more, bool) noexcept {
  if (whole->being_sent_ == this) whole->handed_over(result);
  if (more) return;
  under_way = false;
  whole->returned();
}

void ZeroCopy::handed_over(int result) noexcept {
  being_sent_ = nullptr;
  if (result >= 0) {
    rest_ = rest_.subspan(static_cast<std::size_t>(result));
  } else if (!copies_ && (result == -EOPNOTSUPP || result == -EINVAL || result == -ENOMEM)) {
    // A local socket, or more memory than may be locked (ulimit -l).
    SUNDOG_PROBE("a socket cannot send without copying");
    copies_ = true;
  } else if (result != -EINTR && result != -EAGAIN) {
    error_ = result;
  }
  send_next();
}

void ZeroCopy::returned() noexcept {
  --under_way_;
  send_next();
  if (under_way_ > 0) return;
  const bool ended = rest_.empty() || (error_ != 0 && error_ != -ECANCELED);
  write_.all_returned(error_, cancelled_ && !ended);
}

void ZeroCopy::cancel() noexcept {
  cancelled_ = true;
  if (being_sent_ != nullptr) UnixPoller::current().cancel(*being_sent_);
  // What the peer has not acknowledged is thrown away, and with that returned (connect(2),
  // AF_UNSPEC).
  if (under_way_ > (being_sent_ != nullptr ? 1U : 0U)) {
    SUNDOG_PROBE("a cancelled write had to reset its connection");
    const sockaddr nobody = {.sa_family = AF_UNSPEC, .sa_data = {}};
    ::connect(socket_, &nobody, sizeof nobody);
  }
}

}  // namespace sundog::detail
