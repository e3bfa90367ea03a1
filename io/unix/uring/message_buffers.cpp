#include "sundog/io/unix/uring/message_buffers.hpp"

#include <sys/mman.h>

#include <new>

namespace sundog {
namespace {

constexpr std::size_t total_bytes = MessageBuffers::pieces * sizeof(MessageBuffers::Piece);

}  // namespace

const msghdr MessageBuffers::layout = {.msg_name = nullptr,
                                       .msg_namelen = name_bytes,
                                       .msg_iov = nullptr,
                                       .msg_iovlen = 0,
                                       .msg_control = nullptr,
                                       .msg_controllen = 0,
                                       .msg_flags = 0};

MessageBuffers::MessageBuffers(io_uring& ring) : ring_(ring, group, pieces), pieces_(allocate()) {
  for (unsigned id = 0; id < pieces; ++id) give_back(pieces_[id]);
}

MessageBuffers::~MessageBuffers() { ::munmap(pieces_, total_bytes); }

MessageBuffers::Piece* MessageBuffers::allocate() {
  void* memory = ::mmap(nullptr, total_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // A huge page would be filled for a short message.
  ::madvise(memory, total_bytes, MADV_NOHUGEPAGE);
  return static_cast<Piece*>(memory);
}

void MessageBuffers::give_back(Piece& piece) noexcept {
  const auto id = static_cast<std::uint16_t>(&piece - pieces_);
  ring_.give(&piece.head, before_message + message_bytes, id);
}

}  // namespace sundog
