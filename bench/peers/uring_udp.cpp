// Hand-written UDP echo on io_uring: one multishot receive from a buffer ring, a send for each
// datagram, one io_uring_enter for each turn.
#include <array>

#include "bench/peers/uring_buffers.hpp"

namespace {

constexpr std::uint64_t received = Buffers::count;  // other user_data: the buffer that was sent

void receive(io_uring& ring, int fd, msghdr& layout) {
  io_uring_sqe* const sqe = next_sqe(ring);
  io_uring_prep_recvmsg_multishot(sqe, fd, &layout, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = Buffers::group;
  io_uring_sqe_set_data64(sqe, received);
}

}  // namespace

int main(int argc, char** argv) {
  const int fd = bound_socket(SOCK_DGRAM, port_argument(argc, argv));
  io_uring ring = make_ring(4096);
  Buffers buffers(ring);
  msghdr layout{};
  layout.msg_namelen = sizeof(sockaddr_in);
  static std::array<msghdr, Buffers::count> replies;
  static std::array<iovec, Buffers::count> payloads;
  receive(ring, fd, layout);
  for (;;) {
    take_turn(ring, [&](const io_uring_cqe& cqe) {
      if (cqe.user_data != received) {
        buffers.give_back(static_cast<unsigned>(cqe.user_data));
        return;
      }
      if (cqe.res >= 0) {
        const unsigned id = cqe.flags >> IORING_CQE_BUFFER_SHIFT;
        auto* const message = io_uring_recvmsg_validate(buffers[id], cqe.res, &layout);
        payloads[id].iov_base = io_uring_recvmsg_payload(message, &layout);
        payloads[id].iov_len = io_uring_recvmsg_payload_length(message, cqe.res, &layout);
        replies[id].msg_name = io_uring_recvmsg_name(message);
        replies[id].msg_namelen = message->namelen;
        replies[id].msg_iov = &payloads[id];
        replies[id].msg_iovlen = 1;
        io_uring_sqe* const sqe = next_sqe(ring);
        io_uring_prep_sendmsg(sqe, fd, &replies[id], 0);
        io_uring_sqe_set_data64(sqe, id);
      }
      if ((cqe.flags & IORING_CQE_F_MORE) == 0) receive(ring, fd, layout);
    });
    buffers.publish();
  }
}
