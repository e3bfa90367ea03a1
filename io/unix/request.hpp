// Request: one thing asked of the Unix kernel, in the words both pollers understand.
//
// It says what to do (`call`, a struct for each system call) and on which descriptor; UringPoller
// turns it into a submission queue entry, EpollPoller into the system call, repeated when the
// descriptor becomes ready. The poller holds a pointer to it from begin() until it has called
// completed() for the last time; until then the request, and the memory it names, must stay where
// they are.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "sundog/io/flow.hpp"
#include "sundog/io/unix/uring/receive_pool.hpp"

struct statx;

namespace sundog {

class Request {
 public:
  // A read or write at the descriptor's own position, as for all that is no file.
  static constexpr std::int64_t own_position = -1;

  struct Read {  // pread
    MutableBytes bytes;
    std::int64_t offset = own_position;
  };
  struct Write {  // pwrite
    Bytes bytes;
    std::int64_t offset = own_position;
  };
  // preadv and pwritev, of a file or block device only.
  struct ReadVector {
    std::span<const iovec> pieces;
    std::int64_t offset;
  };
  struct WriteVector {
    std::span<const iovec> pieces;
    std::int64_t offset;
  };
  struct Receive {  // recv
    MutableBytes bytes;
    // A hint: the last one emptied the socket, so wait for readiness before trying.
    bool expect_empty = false;
  };
  struct Send {  // send; never raises SIGPIPE
    Bytes bytes;
  };
  // send out of the caller's memory: completed() is called with the result and more = true, and
  // once more when the kernel has let go of it.
  struct SendZeroCopy {
    Bytes bytes;
  };
  // recv, or recvmsg, again and again into pieces of `pool`: completed() is called with more = true
  // for each, and `piece` then holds what came, or is null if nothing did.
  struct ReceiveMany {
    ReceivePool* pool = nullptr;
    ReceivePool::Piece* piece = nullptr;
  };
  struct ReceiveMessages {
    ReceivePool* pool = nullptr;
    ReceivePool::Piece* piece = nullptr;
  };
  struct ReceiveMessage {  // recvmsg
    msghdr* message;
  };
  struct SendMessage {  // sendmsg; never raises SIGPIPE
    const msghdr* message;
  };
  // accept4 again and again: completed() is called with more = true for each. The new descriptor
  // closes on exec.
  struct AcceptMany {};
  struct Connect {
    const sockaddr* address;
    socklen_t size;
  };
  struct Poll {  // waits for one of these events of poll(2); gives those that came
    short events;
  };
  struct Open {  // openat(AT_FDCWD, ...); the new descriptor closes on exec
    const char* path;
    int flags;
    unsigned mode;
  };
  struct Sync {  // fsync, or fdatasync
    bool data_only;
  };
  struct Stat {  // statx, of everything; the request's descriptor may be AT_FDCWD
    const char* path;
    int flags;
    struct statx* status;
  };
  using Call = std::variant<Receive, Send, Read, Write, ReadVector, WriteVector, SendZeroCopy,
                            ReceiveMany, ReceiveMessages, ReceiveMessage, SendMessage, AcceptMany,
                            Connect, Poll, Open, Sync, Stat>;

  Request(int descriptor, const Call& what) noexcept : fd(descriptor), call(what) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  int fd;  // -1: none, as for Open

 private:
  // UnixPoller::close() was called for the descriptor while this was under way.
  bool closed_ = false;

 public:
  // What the kernel is asked for.
  Call call;

  // What the call holds, which is of this kind.
  template <class What>
  What& the() noexcept {
    return *std::get_if<What>(&call);
  }
  // The name of the system call, for dumps and error messages.
  const char* name() const noexcept;

 protected:
  ~Request() = default;

  // The descriptor was closed under this request, which ends as if it were cancelled and must not
  // begin again.
  bool closed() const noexcept { return closed_; }

 private:
  friend class UnixPoller;
  friend class UringPoller;
  friend class EpollPoller;
  friend class RequestQueue;

  // The kernel has answered: a result as the system call would give it, or a negated errno;
  // -ECANCELED when cancel() came first or the descriptor was closed, or when a request that nobody
  // ended needed a thread (a file does) and there was none. With `more` the request stays
  // under way. `left` tells, for Receive, that the socket holds further bytes.
  virtual void completed(int result, bool more, bool left) noexcept = 0;
  // The descriptor is being closed; the poller asks the kernel to end this request. For those that
  // the kernel does not end when asked to.
  virtual void closing() noexcept {}

  // UnixPoller's list of the requests on one descriptor, while this is under way.
  Request* next_on_descriptor_;
  Request** link_on_descriptor_;  // what points to this
  // A queue of the poller's, while queued_.
  Request* next_in_queue_;
  Request* previous_in_queue_;
  // What a poller notes about a request that it has; each has marks of its own kind, made by
  // begin().
  static constexpr std::size_t marks_bytes = 12;
  alignas(4) std::byte marks_[marks_bytes];
  bool queued_ = false;
};

// Requests that wait for something of the poller's, first come first. No List: what derives from a
// Request stands in lists of its own kind at the same time.
class RequestQueue {
 public:
  Request* first() const noexcept { return first_; }
  Request* last() const noexcept { return last_; }
  void push(Request& request) noexcept {
    request.next_in_queue_ = nullptr;
    request.previous_in_queue_ = last_;
    (last_ == nullptr ? first_ : last_->next_in_queue_) = &request;
    last_ = &request;
    request.queued_ = true;
  }
  void remove(Request& request) noexcept {
    Request* next = request.next_in_queue_;
    Request* previous = request.previous_in_queue_;
    (previous == nullptr ? first_ : previous->next_in_queue_) = next;
    (next == nullptr ? last_ : next->previous_in_queue_) = previous;
    request.queued_ = false;
  }

 private:
  Request* first_ = nullptr;
  Request* last_ = nullptr;
};

}  // namespace sundog
