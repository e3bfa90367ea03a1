// A ring of receive buffers that the kernel picks from (IORING_REGISTER_PBUF_RING), and the ring
// set up as a single-threaded server does best: completions are run when we ask for them.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/peers/listening.hpp"

inline io_uring make_ring(unsigned entries) {
  io_uring ring{};
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
  params.cq_entries = entries * 4;
  errno = -check(io_uring_queue_init_params(entries, &ring, &params), "io_uring_queue_init");
  return ring;
}

inline io_uring_sqe* next_sqe(io_uring& ring) {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring);
  if (sqe == nullptr) {
    io_uring_submit(&ring);
    sqe = io_uring_get_sqe(&ring);
  }
  return sqe;
}

// One turn: hands over what was prepared, waits, and calls handle(completion) for each that came.
template <class Handle>
void take_turn(io_uring& ring, Handle handle) {
  io_uring_submit_and_wait(&ring, 1);
  unsigned head = 0, count = 0;
  io_uring_cqe* cqe = nullptr;
  io_uring_for_each_cqe(&ring, head, cqe) {
    ++count;
    handle(*cqe);
  }
  io_uring_cq_advance(&ring, count);
}

class Buffers {
 public:
  static constexpr unsigned count = 4096;
  static constexpr unsigned size = 2048;
  static constexpr unsigned short group = 0;

  explicit Buffers(io_uring& ring) : memory_(std::size_t{count} * size) {
    void* aligned = nullptr;
    if (posix_memalign(&aligned, 4096, count * sizeof(io_uring_buf)) != 0) std::abort();
    ring_ = static_cast<io_uring_buf_ring*>(aligned);
    io_uring_buf_ring_init(ring_);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uint64_t>(aligned);
    registration.ring_entries = count;
    registration.bgid = group;
    check(io_uring_register_buf_ring(&ring, &registration, 0), "io_uring_register_buf_ring");
    for (unsigned id = 0; id < count; ++id) give_back(id);
    publish();
  }

  char* operator[](unsigned id) { return memory_.data() + std::size_t{id} * size; }

  void give_back(unsigned id) {
    io_uring_buf_ring_add(ring_, (*this)[id], size, static_cast<unsigned short>(id),
                          io_uring_buf_ring_mask(count), given_++);
  }

  // Shows the kernel what has been given back; once for each turn of the loop is enough.
  void publish() {
    io_uring_buf_ring_advance(ring_, given_);
    given_ = 0;
  }

 private:
  std::vector<char> memory_;
  io_uring_buf_ring* ring_;
  int given_ = 0;
};
