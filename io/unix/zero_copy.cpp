#include "sundog/io/unix/zero_copy.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

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
  if (being_sent_ != nullptr || error_ != 0 || given_up_ != Reason::none || rest_.empty()) return;
  const auto place = std::find_if(pieces_.begin(), pieces_.end(),
                                  [](const Piece& piece) { return !piece.under_way; });
  if (place == pieces_.end()) return;
  const Bytes bytes = rest_.first(std::min(rest_.size(), piece_bytes_max));
  if (copies_) {
    place->call = Request::Send{bytes};
  } else {
    place->call = Request::SendZeroCopy{bytes};
  }
  place->under_way = true;
  being_sent_ = &*place;
  ++under_way_;
  UnixPoller::current().begin(*place);
}

void ZeroCopy::Piece::completed(int result, bool more, bool) noexcept {
  if (whole->being_sent_ == this) whole->handed_over(result);
  if (more) {
    // Given up too late: the kernel has taken it, and would keep it until the peer reads.
    if (whole->given_up_ != Reason::none) whole->take_back();
    return;
  }
  under_way = false;
  whole->returned();
}

void ZeroCopy::handed_over(int result) noexcept {
  being_sent_ = nullptr;
  if (result == 0) {
    error_ = -EIO;  // and so it would be for ever
  } else if (result > 0) {
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
  const bool all_is_out = rest_.empty() && !reset_;
  const bool failed = error_ != 0 && error_ != -ECANCELED && !reset_;
  if (all_is_out || failed || given_up_ == Reason::none) {
    write_.all_returned(error_, false);
  } else {
    write_.all_returned(-ECANCELED, given_up_ == Reason::cancelled);
  }
}

void ZeroCopy::give_up(Reason reason) noexcept {
  // Both: the task will not hear of the closed socket any more.
  if (given_up_ != Reason::cancelled) given_up_ = reason;
  if (being_sent_ != nullptr) UnixPoller::current().cancel(*being_sent_);
  if (under_way_ > (being_sent_ != nullptr ? 1U : 0U)) take_back();
}

// What the peer has not acknowledged is thrown away, and with that returned (connect(2),
// AF_UNSPEC).
void ZeroCopy::take_back() noexcept {
  if (std::exchange(reset_, true)) return;
  SUNDOG_PROBE("a write that was given up had to reset its connection");
  const sockaddr nobody = {.sa_family = AF_UNSPEC, .sa_data = {}};
  ::connect(socket_, &nobody, sizeof nobody);
}

}  // namespace sundog::detail
