// Puts the simulated kernel in the place of the real one: liburing's functions that enter the
// kernel, and the system calls that name a simulated socket. The linker takes these before those of
// the shared libraries; everything else of the program is as in production.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "tests/sim/ring/kernel.hpp"

using sundog::sim::ring::RingKernel;

namespace {

// As the C library says it: -1 and errno.
int outcome(int result) {
  if (result >= 0) return result;
  errno = -result;
  return -1;
}

}  // namespace

extern "C" {

int io_uring_queue_init_params(unsigned entries, io_uring* ring, io_uring_params* parameters) {
  if (RingKernel::current() == nullptr) return -ENOSYS;
  return RingKernel::current()->set_up(*ring, entries, *parameters);
}
void io_uring_queue_exit(io_uring* ring) { RingKernel::current()->tear_down(*ring); }
int io_uring_register_ring_fd(io_uring*) { return 1; }
int io_uring_register_buf_ring(io_uring*, io_uring_buf_reg* group, unsigned) {
  return RingKernel::current()->add_buffers(*group);
}
int io_uring_unregister_buf_ring(io_uring*, int group) {
  RingKernel::current()->remove_buffers(static_cast<unsigned>(group));
  return 0;
}
int io_uring_submit(io_uring* ring) { return RingKernel::current()->submit(*ring); }
int io_uring_submit_and_get_events(io_uring* ring) {
  return RingKernel::current()->submit_and_get_events(*ring);
}
int io_uring_submit_and_wait(io_uring* ring, unsigned) {
  return RingKernel::current()->submit_and_wait(*ring, std::nullopt);
}
int io_uring_submit_and_wait_timeout(io_uring* ring, io_uring_cqe** first, unsigned,
                                     __kernel_timespec* timeout, sigset_t*) {
  *first = nullptr;
  return RingKernel::current()->submit_and_wait(*ring,
                                                timeout->tv_sec * 1'000'000'000 + timeout->tv_nsec);
}

int close(int fd) {
  RingKernel* kernel = RingKernel::current();
  if (kernel != nullptr && kernel->owns(fd)) return outcome(kernel->close(fd));
  return static_cast<int>(::syscall(SYS_close, fd));
}
int shutdown(int fd, int how) noexcept {
  RingKernel* kernel = RingKernel::current();
  if (kernel != nullptr && kernel->owns(fd)) return outcome(kernel->shut_down(fd));
  return static_cast<int>(::syscall(SYS_shutdown, fd, how));
}
int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const RingKernel* kernel = RingKernel::current();
  if (kernel == nullptr || clock != CLOCK_MONOTONIC) {
    return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  }
  time->tv_sec = kernel->now_ns() / 1'000'000'000;
  time->tv_nsec = kernel->now_ns() % 1'000'000'000;
  return 0;
}
}
