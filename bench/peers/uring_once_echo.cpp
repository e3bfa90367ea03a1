// Hand-written TCP echo on io_uring, without what uring_echo.cpp adds to it: every receive is a
// request of its own, into the connection's own buffer. `PORT direct` accepts into direct
// descriptors, `PORT` into ordinary ones. Beside uring_echo it shows what each of the two is worth.
#include <cstring>
#include <vector>

#include "bench/peers/uring_buffers.hpp"

namespace {

constexpr unsigned connections_max = 16384;
constexpr unsigned buffer_bytes = 4096;

enum Operation : std::uint64_t { accepted, received, sent, closed };

struct Connection {
  char* buffer = nullptr;
  bool emptied = false;  // the last receive took everything
};

class Server {
 public:
  Server(int port, bool direct) : listener_(bound_socket(SOCK_STREAM, port)), direct_(direct) {
    if (direct_) {
      check(io_uring_register_files_sparse(&ring_, connections_max), "io_uring_register_files");
    }
    accept();
  }

  void run() {
    for (;;) {
      take_turn(ring_, [this](const io_uring_cqe& cqe) { dispatch(cqe); });
    }
  }

 private:
  void dispatch(const io_uring_cqe& cqe) {
    const auto index = static_cast<unsigned>(cqe.user_data >> 8);
    switch (cqe.user_data & 0xff) {
      case accepted:
        if (cqe.res >= 0) begin(static_cast<unsigned>(cqe.res));
        if ((cqe.flags & IORING_CQE_F_MORE) == 0) accept();
        break;
      case received:
        connections_[index].emptied = (cqe.flags & IORING_CQE_F_SOCK_NONEMPTY) == 0;
        cqe.res > 0 ? send(index, static_cast<unsigned>(cqe.res)) : close(index);
        break;
      case sent:
        cqe.res > 0 ? receive(index) : close(index);
        break;
      default:
        break;
    }
  }

  void accept() {
    io_uring_sqe* const sqe = next_sqe(ring_);
    if (direct_) {
      io_uring_prep_multishot_accept_direct(sqe, listener_, nullptr, nullptr, 0);
    } else {
      io_uring_prep_multishot_accept(sqe, listener_, nullptr, nullptr, SOCK_CLOEXEC);
    }
    io_uring_sqe_set_data64(sqe, accepted);
  }

  void begin(unsigned index) {
    if (index >= connections_.size()) connections_.resize(2 * index + 64);
    auto& connection = connections_[index];
    if (connection.buffer == nullptr) connection.buffer = new char[buffer_bytes];
    connection.emptied = false;
    receive(index);
  }

  void receive(unsigned index) {
    io_uring_sqe* const sqe = next_sqe(ring_);
    io_uring_prep_recv(sqe, static_cast<int>(index), connections_[index].buffer, buffer_bytes, 0);
    if (connections_[index].emptied) sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
    finish(*sqe, received, index);
  }

  void send(unsigned index, unsigned bytes) {
    io_uring_sqe* const sqe = next_sqe(ring_);
    io_uring_prep_send(sqe, static_cast<int>(index), connections_[index].buffer, bytes,
                       MSG_NOSIGNAL | MSG_WAITALL);
    finish(*sqe, sent, index);
  }

  void finish(io_uring_sqe& sqe, Operation operation, unsigned index) {
    if (direct_) sqe.flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(&sqe, static_cast<std::uint64_t>(index) << 8 | operation);
  }

  void close(unsigned index) {
    io_uring_sqe* const sqe = next_sqe(ring_);
    if (direct_) {
      io_uring_prep_close_direct(sqe, index);
    } else {
      io_uring_prep_close(sqe, static_cast<int>(index));
    }
    io_uring_sqe_set_data64(sqe, closed);
  }

  io_uring ring_ = make_ring(4096);
  int listener_;
  bool direct_;
  std::vector<Connection> connections_;
};

}  // namespace

int main(int argc, char** argv) {
  const bool direct = argc == 3 && std::strcmp(argv[2], "direct") == 0;
  Server server(port_argument(direct ? argc - 1 : argc, argv), direct);
  server.run();
}
