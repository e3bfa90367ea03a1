// Request: one thing asked of the Unix kernel, in the words both pollers understand.
//
// It says what to do and on which descriptor; UringPoller turns it into a submission queue entry,
// EpollPoller into the system call, repeated when the descriptor becomes ready. The poller holds a
// pointer to it from begin() until it has called completed() for the last time; until then the
// request, and the memory it names, must stay where they are.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

namespace sundog {

class Request {
 public:
  enum class Code : std::uint8_t {
    read,              // pread(buffer, size, offset); offset -1: the descriptor's own position
    write,             // pwrite
    read_vector,       // preadv: buffer is an array of `size` iovec
    write_vector,      // pwritev
    receive,           // recv(buffer, size, flags)
    send,              // send; never raises SIGPIPE
    receive_many,      // recv again and again into the poller's own buffers: completed() is called
                       // with more = true for each, and `buffer` is then a ReceiveBuffers::Piece
    send_zero_copy,    // send out of the caller's memory: completed() is called with the result and
                       // more = true, and once more when the kernel has let go of it
    receive_message,   // recvmsg: buffer is a msghdr
    receive_messages,  // recvmsg again and again, as receive_many; `buffer` is then a
                       // MessageBuffers::Piece, with all but `next` and `size` filled in
    send_message,      // sendmsg; never raises SIGPIPE
    accept,            // accept4(address, address_size); the new descriptor closes on exec
    accept_many,       // accept4 again and again: completed() is called with more = true for each
    connect,           // connect(address, *address_size)
    poll,              // waits for one of the poll(2) events in flags; gives those that came
    open,              // openat(AT_FDCWD, path, flags, mode)
    sync,              // fsync; fdatasync when flags is 1
    stat,              // statx(fd, path, flags, everything, buffer)
  };

  Request(Code what, int descriptor) noexcept : fd(descriptor), code(what) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  int fd;  // not looked at by open
  Code code;
  // Hint for receive: the last one emptied the socket, so wait for readiness before trying.
  bool expect_empty = false;
  std::uint32_t flags = 0;
  void* buffer = nullptr;
  std::size_t size = 0;
  // Each request of a server in full swing is written and read anew: small is fast here.
  union {
    std::int64_t offset = -1;  // read, write, and their vectors
    const char* path;          // open, stat
    sockaddr* address;         // accept, connect
  };
  union {
    socklen_t* address_size;  // accept, connect
    std::uint32_t mode;       // open
  };

  // The name of the system call, for dumps and error messages.
  const char* name() const noexcept;

 protected:
  ~Request() = default;

 private:
  friend class UringPoller;
  friend class EpollPoller;

  // The kernel has answered: a result as the system call would give it, or a negated errno;
  // -ECANCELED when cancel() came first, or, for a request that nobody cancelled, when it needed a
  // thread (a file's) and there was none. With `more` the request stays under way. `left` tells, for
  // receive, that the socket holds further bytes.
  virtual void completed(int result, bool more, bool left) noexcept = 0;

  // For the pollers' own lists and marks.
  int saved_result_;
  std::uint8_t answers_due_ = 0;
  bool submitted_ = false;
  bool cancelled_ = false;
  bool listed_ = false;
  bool left_ = false;
  bool tried_ = false;
  bool failed_ = false;
  bool in_thread_ = false;
  Request* next_;  // while listed_
  Request* previous_;
};

}  // namespace sundog
