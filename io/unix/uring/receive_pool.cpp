#include "sundog/io/unix/uring/receive_pool.hpp"

#include <sys/mman.h>

#include <new>

#include "sundog/io/unix/uring/buffer_ring.hpp"

namespace sundog {

static_assert(sizeof(io_uring_recvmsg_out) == ReceivePool::head_bytes);
static_assert((sizeof(ReceivePool::Piece) + ReceivePool::messages.bytes) % 4096 == 128);

void ReceivePool::Unmap::operator()(std::byte* memory) const noexcept { ::munmap(memory, bytes); }

ReceivePool::Memory ReceivePool::allocate(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // A huge page would be filled for a short message.
  ::madvise(memory, bytes, MADV_NOHUGEPAGE);
  return Memory(static_cast<std::byte*>(memory), Unmap{bytes});
}

ReceivePool::ReceivePool(io_uring& ring, const Kind& kind)
    : kind_(kind),
      memory_(allocate(kind.pieces * piece_bytes())),
      ring_(std::make_unique<BufferRing>(ring, kind.group, kind.pieces)) {
  for (unsigned id = 0; id < kind.pieces; ++id) give(static_cast<std::uint16_t>(id));
}

ReceivePool::~ReceivePool() = default;

void ReceivePool::detach() noexcept { ring_->detach(); }

void ReceivePool::give(std::uint16_t id) noexcept { ring_->give(at(id).bytes(), kind_.bytes, id); }

}  // namespace sundog
