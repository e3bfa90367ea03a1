// Hand-written TCP echo on io_uring: multishot accept into direct descriptors, multishot receive
// from a buffer ring, completions deferred until we ask, one io_uring_enter for each turn. It shows
// the limit. One send is under way for a connection at a time: the kernel may reorder two.
#include <array>
#include <cerrno>

#include "bench/peers/uring_buffers.hpp"

namespace {

constexpr unsigned connections_max = 16384;
constexpr unsigned none = ~0U;

enum Operation : std::uint64_t { accepted, received, sent, closed };

struct Connection {
  unsigned first_unsent = none, last_unsent = none;  // buffers, the first of them under way
  bool receiving = false, finished = false;
};

class Server {
 public:
  explicit Server(int port) : listener_(bound_socket(SOCK_STREAM, port)) {
    check(io_uring_register_files_sparse(&ring_, connections_max), "io_uring_register_files");
    accept();
  }

  void run() {
    for (;;) {
      take_turn(ring_, [this](const io_uring_cqe& cqe) { dispatch(cqe); });
      buffers_.publish();
    }
  }

 private:
  void dispatch(const io_uring_cqe& cqe) {
    const auto index = static_cast<unsigned>(cqe.user_data >> 8);
    switch (cqe.user_data & 0xff) {
      case accepted:
        if (cqe.res >= 0) receive(static_cast<unsigned>(cqe.res));
        if ((cqe.flags & IORING_CQE_F_MORE) == 0) accept();
        break;
      case received:
        return on_received(index, cqe);
      case sent:
        return on_sent(index, cqe);
      case closed:
        connections_[index] = Connection{};
        break;
    }
  }

  io_uring_sqe* prepared(Operation operation, unsigned index) {
    io_uring_sqe* const sqe = next_sqe(ring_);
    user_data_ = static_cast<std::uint64_t>(index) << 8 | operation;
    return sqe;
  }

  void accept() {
    io_uring_sqe* const sqe = prepared(accepted, 0);
    io_uring_prep_multishot_accept_direct(sqe, listener_, nullptr, nullptr, 0);
    io_uring_sqe_set_data64(sqe, user_data_);
  }

  void receive(unsigned index) {
    connections_[index].receiving = true;
    io_uring_sqe* const sqe = prepared(received, index);
    io_uring_prep_recv_multishot(sqe, static_cast<int>(index), nullptr, 0, 0);
    sqe->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    sqe->buf_group = Buffers::group;
    io_uring_sqe_set_data64(sqe, user_data_);
  }

  void send(unsigned index, unsigned buffer) {
    io_uring_sqe* const sqe = prepared(sent, index);
    io_uring_prep_send(sqe, static_cast<int>(index), buffers_[buffer], lengths_[buffer],
                       MSG_NOSIGNAL | MSG_WAITALL);
    sqe->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(sqe, user_data_);
  }

  void on_received(unsigned index, const io_uring_cqe& cqe) {
    auto& connection = connections_[index];
    connection.receiving = (cqe.flags & IORING_CQE_F_MORE) != 0;
    if (cqe.res > 0) {
      const unsigned buffer = cqe.flags >> IORING_CQE_BUFFER_SHIFT;
      lengths_[buffer] = static_cast<unsigned>(cqe.res);
      next_[buffer] = none;
      if (connection.first_unsent == none) {
        connection.first_unsent = connection.last_unsent = buffer;
        send(index, buffer);
      } else {
        next_[connection.last_unsent] = buffer;
        connection.last_unsent = buffer;
      }
    } else if (cqe.res != -ENOBUFS) {
      connection.finished = true;
    }
    if (!connection.receiving && !connection.finished) receive(index);
    close_if_done(index);
  }

  void on_sent(unsigned index, const io_uring_cqe& cqe) {
    auto& connection = connections_[index];
    const unsigned buffer = connection.first_unsent;
    connection.first_unsent = next_[buffer];
    buffers_.give_back(buffer);
    if (cqe.res < 0) connection.finished = true;
    if (connection.first_unsent != none) send(index, connection.first_unsent);
    close_if_done(index);
  }

  void close_if_done(unsigned index) {
    const auto& connection = connections_[index];
    if (!connection.finished || connection.receiving || connection.first_unsent != none) return;
    io_uring_sqe* const sqe = prepared(closed, index);
    io_uring_prep_close_direct(sqe, index);
    io_uring_sqe_set_data64(sqe, user_data_);
  }

  io_uring ring_ = make_ring(4096);
  Buffers buffers_{ring_};
  int listener_;
  std::uint64_t user_data_ = 0;
  std::array<unsigned, Buffers::count> lengths_{}, next_{};
  std::array<Connection, connections_max> connections_{};
};

}  // namespace

int main(int argc, char** argv) {
  static Server server(port_argument(argc, argv));
  server.run();
}
