// MessageQueue: how Datagrams::receive() waits: messages on one side, tasks on the other
// (multishot.hpp).
//
// A task that finds no message asks the kernel for one, and those that come after it wait behind
// it. From the second wait on, where io_uring has it, one request brings in all that comes: into
// pieces of a pool that all sockets share, from which a message is copied to the task that is first
// in line, or to the next that asks. If it began at the first wait, a client that asks one question
// would pay 8 % more. Beginning at the second, it costs nothing until then, breaks even after four
// questions, and saves a client that goes on asking 6 %.
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
#include "sundog/io/unix/multishot.hpp"
#include "sundog/runtime/language/list.hpp"

namespace sundog::detail {

class ReceiveMessageOperation;

// Idle, the first task in line asks the kernel itself, or all of them do (serve()).
class MessageQueue final : public Multishot {
 public:
  // So many messages of a socket wait for their readers at most, so that a socket that nobody reads
  // leaves pieces to the others; more stay in the kernel's queue.
  static constexpr unsigned pieces_max = ReceivePool::messages.pieces / 4;

  MessageQueue(Descriptor socket, int family) noexcept;

  int socket() const noexcept { return fd; }
  // Closes the socket: those who wait end with operation_canceled. Instead of delete.
  void close() noexcept;
  struct Close {
    void operator()(MessageQueue* queue) const noexcept { queue->close(); }
  };

 private:
  friend class ReceiveMessageOperation;

  // Whether the next wait begins to receive ahead: not the first one, nor one after the pool has
  // run out; and never where the kernel cannot.
  enum class Ahead : unsigned char { from_next_wait, now, never };

  bool receive_ahead() noexcept;
  void came(int result) noexcept override;
  void ended(int result) noexcept override;
  bool is_full() const noexcept override { return pieces_.count() >= pieces_max; }
  bool is_waited_for() const noexcept override { return !readers_.empty(); }
  void drop() noexcept override;

  void join(ReceiveMessageOperation& reader) noexcept;
  void leave(ReceiveMessageOperation& reader) noexcept;
  void serve() noexcept;

  Descriptor socket_;
  Ahead ahead_;
  PieceList pieces_;
  List<ReceiveMessageOperation> readers_;
  std::shared_ptr<ReceivePool> pool_;
};

// A Datagrams'; null when that is closed.
using MessageQueueHandle = std::unique_ptr<MessageQueue, MessageQueue::Close>;
inline int socket_of(const MessageQueueHandle& queue) noexcept {
  return queue == nullptr ? -1 : queue->socket();
}

// A message's size and where it came from.
struct ReceivedMessage {
  std::size_t size;
  Address peer;
  bool truncated;  // it was longer than the buffer; the rest is lost
};

class ReceiveMessageOperation final : public KernelOperation, private ListLink {
 public:
  ReceiveMessageOperation(const MessageQueueHandle& queue, MutableBytes bytes) noexcept
      : KernelOperation(socket_of(queue), ReceiveMessage{&message_}),
        queue_(queue.get()),
        part_{.iov_base = bytes.data(), .iov_len = bytes.size()} {}

  bool await_ready() noexcept {
    if (queue_ == nullptr || queue_->pieces_.empty()) return false;
    take(queue_->pieces_.pop());
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
  friend class List<ReceiveMessageOperation>;

  bool wait(PromiseBase& frame, std::source_location at);
  void take(ReceivePool::Piece& piece) noexcept;
  void describe_message() noexcept;
  void ask_kernel() noexcept;
  bool says_nothing(int error) const noexcept override;
  void completed(int result, bool more, bool left) noexcept override;
  void cancel() noexcept override;
  // From the queue, which ends.
  void closed_in_line() noexcept;

  MessageQueue* queue_;  // null when that has ended
  bool at_kernel_ = false;
  iovec part_;
  // What recvmsg(2) fills in, or take(); nothing stands there before.
  msghdr message_;
  union {
    Address peer_;
  };
};

}  // namespace sundog::detail
