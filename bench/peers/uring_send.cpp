// What sending without a copy (IORING_OP_SEND_ZC) costs and gains by the size of a write: a stream
// over loopback to a child process that reads and throws away, one write at a time, each until its
// bytes are free again. Prints a line of JSON for each size, with and without.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <vector>

#include "bench/peers/uring_buffers.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

[[noreturn]] void read_for_ever(const sockaddr_in& address) {
  const int fd = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
  check(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  std::vector<char> buffer(1 << 20);
  while (recv(fd, buffer.data(), buffer.size(), 0) > 0) {
  }
  _exit(0);
}

// Writes once; gives the number of bytes that went out.
std::size_t write_once(io_uring& ring, int fd, const std::vector<char>& bytes, bool zero_copy) {
  io_uring_sqe* const sqe = next_sqe(ring);
  if (zero_copy) {
    io_uring_prep_send_zc(sqe, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_WAITALL, 0);
  } else {
    io_uring_prep_send(sqe, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_WAITALL);
  }
  io_uring_submit_and_wait(&ring, 1);
  std::size_t sent = 0;
  for (bool more = true; more;) {
    io_uring_cqe* cqe = nullptr;
    check(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
    more = (cqe->flags & IORING_CQE_F_MORE) != 0;
    if ((cqe->flags & IORING_CQE_F_NOTIF) == 0) {
      errno = -cqe->res;
      sent = static_cast<std::size_t>(check(cqe->res, "send"));
    }
    io_uring_cqe_seen(&ring, cqe);
  }
  return sent;
}

void measure(std::size_t size, bool zero_copy) {
  constexpr std::chrono::milliseconds duration(300);
  const int listener = bound_socket(SOCK_STREAM, 0);
  sockaddr_in address{};
  socklen_t address_size = sizeof address;
  check(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &address_size), "getsockname");
  const pid_t reader = check(fork(), "fork");
  if (reader == 0) read_for_ever(address);
  const int fd = check(accept(listener, nullptr, nullptr), "accept");
  io_uring ring = make_ring(64);
  const std::vector<char> bytes(size);
  write_once(ring, fd, bytes, zero_copy);
  const auto start = Clock::now();
  const double cpu_before = cpu_seconds();
  double total = 0;
  while (Clock::now() - start < duration) {
    total += static_cast<double>(write_once(ring, fd, bytes, zero_copy));
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf(R"({"bytes": %zu, "zero_copy": %s, "bytes_per_s": %.0f, "cpu_ns_per_kib": %.1f})"
              "\n",
              size, zero_copy ? "true" : "false", total / seconds,
              (cpu_seconds() - cpu_before) * 1e9 * 1024 / total);
  std::fflush(stdout);
  close(fd);
  close(listener);
  io_uring_queue_exit(&ring);
  waitpid(reader, nullptr, 0);
}

}  // namespace

int main() {
  for (std::size_t size = 16 << 10; size <= 2 << 20; size *= 2) {
    measure(size, false);
    measure(size, true);
  }
}
