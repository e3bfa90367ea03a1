#include "sundog/io/unix/message_queue.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::detail {
namespace {

// An earlier send's bad luck, told by the kernel to who receives; messages come from others too.
bool tells_of_a_send(int error) {
  const bool of_a_send = error == -ECONNREFUSED || error == -EHOSTUNREACH || error == -ENETUNREACH;
  if (of_a_send) SUNDOG_PROBE("a datagram socket told of an earlier send's bad luck");
  return of_a_send;
}

bool is_short_of_memory(int result) { return result == -ENOBUFS || result == -ENOMEM; }

// The request has ended and may begin again.
bool may_begin_again(int result) {
  return result >= 0 || is_short_of_memory(result) || result == -ECANCELED || result == -EINTR ||
         result == -EAGAIN || tells_of_a_send(result);
}

}  // namespace

// Messages of local sockets can be longer than a piece.
MessageQueue::MessageQueue(Descriptor socket, int family) noexcept
    : Request(Code::receive_messages, socket.get()),
      socket_(std::move(socket)),
      refused_(family == AF_UNIX) {}

void MessageQueue::abandon() noexcept {
  SUNDOG_ASSERT(first_ == nullptr, "a Datagrams was destroyed while a task receives from it");
  abandoned_ = true;
  while (first_piece_ != nullptr) buffers_->give_back(take());
  if (state_ == State::idle) {
    delete this;
    return;
  }
  if (state_ == State::receiving) {
    state_ = State::stopping;
    UnixPoller::current().cancel(*this);
  }
  socket_.close();
}

// Idle, and nothing held. True: what comes will come here.
bool MessageQueue::start() noexcept {
  if (refused_ || !std::exchange(has_waited_, true) || std::exchange(in_vain_, false)) return false;
  UnixPoller& poller = UnixPoller::current();
  std::shared_ptr<MessageBuffers> buffers = poller.message_buffers();
  if (buffers == nullptr) {
    refused_ = true;
    return false;
  }
  buffers_ = std::move(buffers);
  state_ = State::receiving;
  came_ = false;
  poller.begin(*this);
  return true;
}

// To be called when one of the two has changed: whether it receives, and whether somebody waits.
void MessageQueue::hear() noexcept {
  const bool unheard = state_ != State::idle && first_ == nullptr;
  if (unheard == unheard_) return;
  unheard_ = unheard;
  UnixPoller& poller = UnixPoller::current();
  unheard ? poller.add_unheard() : poller.remove_unheard();
}

void MessageQueue::keep(Piece& piece) noexcept {
  piece.next = nullptr;
  (first_piece_ == nullptr ? first_piece_ : last_piece_->next) = &piece;
  last_piece_ = &piece;
  ++piece_count_;
}

MessageQueue::Piece& MessageQueue::take() noexcept {
  --piece_count_;
  return *std::exchange(first_piece_, first_piece_->next);
}

void MessageQueue::completed(int result, bool more, bool) noexcept {
  if (result >= 0) {
    auto& piece = *static_cast<Piece*>(buffer);
    piece.size = static_cast<std::uint32_t>(result) - MessageBuffers::before_message;
    came_ = true;
    if (first_ != nullptr) {
      ReceiveMessageOperation& reader = *first_;
      unlink(reader);
      reader.take(piece);
      reader.wake();
    } else {
      keep(piece);
    }
  }
  if (!more) return ended(result);
  hear();
  if (piece_count_ >= pieces_max && state_ == State::receiving) {
    SUNDOG_PROBE("readers fell behind the messages that came");
    state_ = State::stopping;
    UnixPoller::current().cancel(*this);
  }
}

[[gnu::noinline]] void MessageQueue::ended(int result) noexcept {
  state_ = State::idle;
  hear();
  if (abandoned_) {
    while (first_piece_ != nullptr) buffers_->give_back(take());
    delete this;
    return;
  }
  if (is_short_of_memory(result)) {
    SUNDOG_PROBE("the message buffers ran out");
    if (!came_) {
      SUNDOG_PROBE("other sockets hold all message buffers");
      in_vain_ = true;
    }
  } else if (!may_begin_again(result)) {
    SUNDOG_PROBE("messages could not be received ahead");
    refused_ = true;
  }
  if (first_ != nullptr) serve();
}

void MessageQueue::join(ReceiveMessageOperation& reader) noexcept {
  reader.next_ = nullptr;
  reader.previous_ = last_;
  (last_ == nullptr ? first_ : last_->next_) = &reader;
  last_ = &reader;
  if (state_ != State::idle) {
    hear();
  } else if (first_ == &reader || refused_) {
    serve();
  }
}

void MessageQueue::unlink(ReceiveMessageOperation& reader) noexcept {
  (reader.previous_ == nullptr ? first_ : reader.previous_->next_) = reader.next_;
  (reader.next_ == nullptr ? last_ : reader.next_->previous_) = reader.previous_;
}

void MessageQueue::leave(ReceiveMessageOperation& reader) noexcept {
  unlink(reader);
  if (state_ != State::idle) {
    hear();
  } else if (first_ != nullptr && !first_->at_kernel_) {
    serve();
  }
}

// Readers are waiting, and nobody has asked the kernel.
void MessageQueue::serve() noexcept {
  if (start()) return;
  // Together they would be served in the kernel's order; and epoll knows one reader of a
  // descriptor.
  const bool all = refused_ && !UnixPoller::current().attempts_first();
  for (ReceiveMessageOperation* reader = first_; reader != nullptr; reader = reader->next_) {
    if (!reader->at_kernel_) reader->ask_kernel();
    if (!all) return;
  }
}

bool ReceiveMessageOperation::wait(PromiseBase& frame, std::source_location at) {
  UnixPoller& poller = UnixPoller::current();
  if (poller.attempts_first() && queue_.first_ == nullptr) {
    describe_message();
    if (done_at_once(poller)) return false;
  }
  if (suspend(frame, at)) queue_.join(*this);
  return true;
}

void ReceiveMessageOperation::take(MessageQueue::Piece& piece) noexcept {
  const std::size_t count = std::min<std::size_t>(piece.size, part_.iov_len);
  std::memcpy(part_.iov_base, piece.message, count);
  std::memcpy(peer_.data(), piece.name, sizeof piece.name);
  message_.msg_namelen = piece.head.namelen;
  message_.msg_flags = static_cast<int>(piece.head.flags);
  if (piece.size > count) message_.msg_flags |= MSG_TRUNC;
  queue_.buffers_->give_back(piece);
  finish(static_cast<int>(count));
}

void ReceiveMessageOperation::describe_message() noexcept {
  message_ = {.msg_name = peer_.data(),
              .msg_namelen = *peer_.room(),
              .msg_iov = &part_,
              .msg_iovlen = 1,
              .msg_control = nullptr,
              .msg_controllen = 0,
              .msg_flags = 0};
  buffer = &message_;
}

void ReceiveMessageOperation::ask_kernel() noexcept {
  at_kernel_ = true;
  describe_message();
  UnixPoller::current().begin(*this);
}

bool ReceiveMessageOperation::says_nothing(int error) const noexcept {
  return tells_of_a_send(error) || KernelOperation::says_nothing(error);
}

// Out of the line before the next is served.
void ReceiveMessageOperation::completed(int result, bool more, bool left) noexcept {
  const bool begins_again = result < 0 && !cancelling() && says_nothing(result);
  if (!begins_again) queue_.leave(*this);
  KernelOperation::completed(result, more, left);
}

void ReceiveMessageOperation::cancel() noexcept {
  if (at_kernel_) return KernelOperation::cancel();
  SUNDOG_PROBE("a task was cancelled that waited in line for a message");
  queue_.leave(*this);
  unwind();
}

}  // namespace sundog::detail
