#include "sundog/io/unix/uring/buffer_ring.hpp"

#include <new>
#include <system_error>

namespace sundog {
namespace {

constexpr std::align_val_t page{4096};

io_uring_buf_ring* allocate_entries(unsigned count) {
  void* memory = ::operator new(count * sizeof(io_uring_buf), page);
  auto* ring = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_ring_init(ring);
  return ring;
}

}  // namespace

void BufferRing::Free::operator()(io_uring_buf_ring* memory) const noexcept {
  ::operator delete(memory, page);
}

BufferRing::BufferRing(io_uring& ring, std::uint16_t group, unsigned count)
    : entries_(allocate_entries(count)), mask_(io_uring_buf_ring_mask(count)) {
  io_uring_buf_reg registration = {};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(entries_.get());
  registration.ring_entries = count;
  registration.bgid = group;
  const int result = io_uring_register_buf_ring(&ring, &registration, 0);
  if (result < 0) {
    throw std::system_error(-result, std::system_category(), "io_uring has no buffer rings");
  }
  ring_ = entries_.get();
}

}  // namespace sundog
