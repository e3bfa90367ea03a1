// MessageQueue: how Datagrams::receive() waits: messages on one side, tasks on the other.
//
// A task that finds no message asks the kernel for one, and those that come after it wait behind
// it. From the second wait on, where io_uring has it, one request brings in all that comes: into
// buffers that all sockets share, from which a message is copied to the task that is first in line,
// or to the next that asks. So nothing is asked of the kernel for each message. Begun at the first
// wait already, it would make a client that asks one question of its socket 8 % dearer; begun at
// the second, a client that goes on to ask is even after four questions, and 6 % cheaper in the
// end.
//
// Nothing is lost on the way, and all stays in order: what has come is read before the kernel is
// asked again, and a task that is cancelled leaves it for the next.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>

#include "sundog/io/flow.hpp"
#include "sundog/io/unix/address.hpp"
#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/kernel_operation.hpp"
#include "sundog/io/unix/uring/message_buffers.hpp"

namespace sundog::detail {

class ReceiveMessageOperation;

// Belongs to a Datagrams and lives on until the kernel has answered its last request.
//
//             start()             pieces_max held: cancel()
//   idle ----------------> receiving -----------------------> stopping
//    ^                         | last answer                      |
//    +-------------------------+----------------------------------+ last answer
//
// Idle, the first task in line asks the kernel itself, or all of them do (serve()).
class MessageQueue final : private Request {
 public:
  // So many messages of a socket wait for their readers at most, so that a socket that nobody reads
  // leaves buffers to the others; more stay in the kernel's queue.
  static constexpr unsigned pieces_max = MessageBuffers::pieces / 4;

  MessageQueue(Descriptor socket, int family) noexcept;

  int socket() const noexcept { return fd; }

  // Instead of delete: closes the socket. Ends now, or with the kernel's last answer.
  struct Abandon {
    void operator()(MessageQueue* queue) const noexcept { queue->abandon(); }
  };

 private:
  friend class ReceiveMessageOperation;
  using Piece = MessageBuffers::Piece;
  enum class State : unsigned char { idle, receiving, stopping };

  ~MessageQueue() = default;
  void abandon() noexcept;
  bool start() noexcept;
  void completed(int result, bool more, bool left) noexcept override;
  void ended(int result) noexcept;
  void keep(Piece& piece) noexcept;
  Piece& take() noexcept;
  void hear() noexcept;

  // The line of those who wait.
  void join(ReceiveMessageOperation& reader) noexcept;
  void leave(ReceiveMessageOperation& reader) noexcept;
  void unlink(ReceiveMessageOperation& reader) noexcept;
  void serve() noexcept;

  Descriptor socket_;
  State state_ = State::idle;
  bool has_waited_ = false;  // a reader has asked the kernel itself before
  bool refused_;             // the kernel does not receive ahead on this socket
  bool in_vain_ = false;     // the last time, others held all buffers
  bool came_ = false;        // a message, since start()
  bool unheard_ = false;     // receives, and no task waits for it
  bool abandoned_ = false;
  unsigned piece_count_ = 0;
  Piece* first_piece_ = nullptr;
  Piece* last_piece_ = nullptr;
  ReceiveMessageOperation* first_ = nullptr;
  ReceiveMessageOperation* last_ = nullptr;
  std::shared_ptr<MessageBuffers> buffers_;
};

// A message's size and where it came from.
struct ReceivedMessage {
  std::size_t size;
  Address peer;
  bool truncated;  // it was longer than the buffer; the rest is lost
};

class ReceiveMessageOperation final : public KernelOperation {
 public:
  ReceiveMessageOperation(MessageQueue& queue, MutableBytes bytes) noexcept
      : KernelOperation(Code::receive_message, queue.socket()),
        queue_(queue),
        part_{.iov_base = bytes.data(), .iov_len = bytes.size()} {}

  bool await_ready() noexcept {
    if (queue_.first_piece_ == nullptr) return false;
    take(queue_.take());
    return true;
  }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    return wait(promise_of(frame), at);
  }
  ReceivedMessage await_resume() {
    const auto size = static_cast<std::size_t>(value());
    *peer_.size_pointer() = message_.msg_namelen;
    return {size, peer_, (message_.msg_flags & MSG_TRUNC) != 0};
  }

 private:
  friend class MessageQueue;

  bool wait(PromiseBase& frame, std::source_location at);
  void take(MessageQueue::Piece& piece) noexcept;
  void describe_message() noexcept;
  void ask_kernel() noexcept;
  bool says_nothing(int error) const noexcept override;
  void completed(int result, bool more, bool left) noexcept override;
  void cancel() noexcept override;

  MessageQueue& queue_;
  ReceiveMessageOperation* next_;
  ReceiveMessageOperation* previous_;
  bool at_kernel_ = false;
  iovec part_;
  // What recvmsg(2) fills in, or take(); nothing stands there before.
  msghdr message_;
  union {
    Address peer_;
  };
};

}  // namespace sundog::detail
