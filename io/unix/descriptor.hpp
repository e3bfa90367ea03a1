// Descriptor: owns a file descriptor and closes it through the poller.
//
// The poller does the closing because requests may be under way, and epoll must forget the number
// before it can mean something else. Operations that wait for it end with the error
// operation_canceled; until they have, the number stays taken. What it named is released at once: a
// port can be bound to again, the reader of a pipe sees its end. A descriptor belongs to the thread
// whose poller was current when it was made.
#pragma once

#include <unistd.h>

#include <utility>

#include "sundog/io/unix/poller.hpp"

namespace sundog {

class Descriptor {
 public:
  Descriptor() noexcept = default;
  // Takes over `fd`; -1 is "none".
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Descriptor() { close(); }

  // The number; -1 when there is none.
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  // Gives the descriptor away without closing it.
  int release() noexcept { return std::exchange(fd_, -1); }

  // Closes now. Does nothing when there is none.
  void close() noexcept {
    if (fd_ < 0) return;
    const int fd = std::exchange(fd_, -1);
    // Outside of run() there is no poller any more that could mind.
    if (UnixPoller* poller = Current<UnixPoller>::find()) {
      poller->close(fd);
    } else {
      ::close(fd);
    }
  }

 private:
  int fd_ = -1;
};

}  // namespace sundog
