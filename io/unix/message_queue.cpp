#include "sundog/io/unix/message_queue.hpp"

#include <liburing.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::detail {
namespace {

// The error of an earlier send, which the kernel reports to the receiver; messages come from others
// too.
bool tells_of_a_send(int error) {
  const bool of_a_send = error == -ECONNREFUSED || error == -EHOSTUNREACH || error == -ENETUNREACH;
  if (of_a_send) SUNDOG_PROBE("a datagram socket told of an earlier send's bad luck");
  return of_a_send;
}

// The request has ended and may begin again.
bool may_begin_again(int result) {
  return result >= 0 || result == -ENOBUFS || result == -ENOMEM || result == -ECANCELED ||
         result == -EINTR || result == -EAGAIN || tells_of_a_send(result);
}

// As the kernel writes it into a piece (io_uring_prep_recvmsg_multishot(3)).
struct Filled {
  io_uring_recvmsg_out head;
  std::byte name[ReceivePool::name_bytes];
  std::byte message[1];
};
constexpr std::uint32_t before_message = offsetof(Filled, message);
static_assert(before_message == ReceivePool::head_bytes + ReceivePool::name_bytes);

}  // namespace

// Messages of local sockets can be longer than a piece.
MessageQueue::MessageQueue(Descriptor socket, int family) noexcept
    : Multishot(socket.get(), ReceiveMessages()),
      socket_(std::move(socket)),
      ahead_(family == AF_UNIX ? Ahead::never : Ahead::from_next_wait) {}

void MessageQueue::close() noexcept {
  socket_.close();  // which ends those that are at the kernel
  while (ReceiveMessageOperation* reader = readers_.take_first()) reader->closed_in_line();
  abandon();
}

void MessageQueue::drop() noexcept {
  while (!pieces_.empty()) pool_->give_back(pieces_.pop());
}

// Idle, and nothing held. True: what comes will come here.
bool MessageQueue::receive_ahead() noexcept {
  if (ahead_ != Ahead::now) {
    if (ahead_ == Ahead::from_next_wait) ahead_ = Ahead::now;
    return false;
  }
  pool_ = UnixPoller::current().receive_pool(ReceivePool::messages);
  if (pool_ == nullptr) {
    ahead_ = Ahead::never;
    return false;
  }
  the<ReceiveMessages>().pool = pool_.get();
  start();
  return true;
}

void MessageQueue::came(int result) noexcept {
  // Taken out: the last answer, which has none, must not find it again.
  ReceivePool::Piece* filled = std::exchange(the<ReceiveMessages>().piece, nullptr);
  if (filled == nullptr) return;  // nothing came: the socket is shut down
  ReceivePool::Piece& piece = *filled;
  piece.size = static_cast<std::uint32_t>(result) - before_message;
  if (readers_.empty()) {
    pieces_.push(piece);
    return;
  }
  ReceiveMessageOperation& reader = *readers_.take_first();
  reader.take(piece);
  reader.wake();
}

void MessageQueue::ended(int result) noexcept {
  if (result == -ENOBUFS || result == -ENOMEM) {
    SUNDOG_PROBE("the message pool ran out");
    ahead_ = Ahead::from_next_wait;
  } else if (!may_begin_again(result)) {
    ahead_ = Ahead::never;
  }
  if (!readers_.empty()) serve();
}

void MessageQueue::join(ReceiveMessageOperation& reader) noexcept {
  readers_.add(reader);
  if (receiving()) {
    hear();
  } else if (readers_.first() == &reader || ahead_ == Ahead::never) {
    serve();
  }
}

void MessageQueue::leave(ReceiveMessageOperation& reader) noexcept {
  readers_.remove(reader);
  if (receiving()) {
    hear();
  } else if (!readers_.empty() && !readers_.first()->at_kernel_) {
    serve();
  }
}

// Readers are waiting, and nobody has asked the kernel.
void MessageQueue::serve() noexcept {
  if (receive_ahead()) return;
  // Together they would be served in the kernel's order; and epoll knows one reader of a
  // descriptor.
  const bool all = ahead_ == Ahead::never && !UnixPoller::current().attempts_first();
  for (ReceiveMessageOperation* reader = readers_.first(); reader != nullptr;
       reader = readers_.after(*reader)) {
    if (!reader->at_kernel_) reader->ask_kernel();
    if (!all) return;
  }
}

bool ReceiveMessageOperation::wait(PromiseBase& frame, std::source_location at) {
  UnixPoller& poller = UnixPoller::current();
  describe_message();
  if (queue_ == nullptr) return start(frame, at);  // of no descriptor: the kernel says so
  if (poller.attempts_first() && queue_->readers_.empty() &&
      try_at_once(poller) == UnixPoller::Attempt::done) {
    return false;
  }
  if (suspend(frame, at)) queue_->join(*this);
  return true;
}

void ReceiveMessageOperation::take(ReceivePool::Piece& piece) noexcept {
  const auto& filled = *reinterpret_cast<const Filled*>(piece.bytes());
  const std::size_t count = std::min<std::size_t>(piece.size, part_.iov_len);
  std::memcpy(part_.iov_base, filled.message, count);
  std::memcpy(peer_.data(), filled.name, sizeof filled.name);
  message_.msg_namelen = filled.head.namelen;
  message_.msg_flags = static_cast<int>(filled.head.flags);
  if (piece.size > count) message_.msg_flags |= MSG_TRUNC;
  queue_->pool_->give_back(piece);
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
}

void ReceiveMessageOperation::ask_kernel() noexcept {
  at_kernel_ = true;
  describe_message();
  UnixPoller::current().begin(*this);
}

void ReceiveMessageOperation::closed_in_line() noexcept {
  queue_ = nullptr;
  if (at_kernel_) return;  // its result will come
  finish(-ECANCELED);
  wake();
}

bool ReceiveMessageOperation::says_nothing(int error) const noexcept {
  return tells_of_a_send(error) || KernelOperation::says_nothing(error);
}

// Out of the line before the next is served.
void ReceiveMessageOperation::completed(int result, bool more, bool left) noexcept {
  const bool begins_again = result < 0 && !cancelling() && says_nothing(result);
  if (!begins_again && queue_ != nullptr) queue_->leave(*this);
  KernelOperation::completed(result, more, left);
}

void ReceiveMessageOperation::cancel() noexcept {
  if (at_kernel_) return KernelOperation::cancel();
  SUNDOG_PROBE("a task was cancelled that waited in line for a message");
  queue_->leave(*this);
  unwind();
}

}  // namespace sundog::detail
