// UDP: `connections` sockets, each with `pipeline` datagrams of 64 bytes under way, received and
// sent in batches (recvmmsg, sendmmsg) so that the server is what limits. A datagram carries the
// time it left. Those that are lost are replaced after 100 ms of silence.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <vector>

#include "bench/load/loads.hpp"
#include "bench/load/sockets.hpp"

namespace sundog::bench {

namespace {

constexpr std::size_t batch_max = 64;
using Datagram = std::array<char, request_size>;

class Batch {
 public:
  Batch() {
    for (std::size_t i = 0; i < batch_max; ++i) {
      vectors_[i] = {datagrams_[i].data(), request_size};
      messages_[i].msg_hdr.msg_iov = &vectors_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  std::size_t receive(int fd, Meter& meter) {
    const int count = recvmmsg(fd, messages_.data(), batch_max, MSG_DONTWAIT, nullptr);
    if (count <= 0) return 0;
    const auto now_ns = clock_ns();
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      std::uint64_t sent_ns = 0;
      std::memcpy(&sent_ns, datagrams_[i].data(), sizeof sent_ns);
      meter.completed(now_ns - sent_ns);
    }
    return static_cast<std::size_t>(count);
  }

  void send(int fd, std::size_t count) {
    const auto now_ns = clock_ns();
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(datagrams_[i].data(), &now_ns, sizeof now_ns);
    }
    require(sendmmsg(fd, messages_.data(), static_cast<unsigned>(count), 0), "sendmmsg");
  }

 private:
  std::array<Datagram, batch_max> datagrams_{};
  std::array<iovec, batch_max> vectors_{};
  std::array<mmsghdr, batch_max> messages_{};
};

}  // namespace

void udp_echo(const Options& options) {
  const int epoll = require(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  const auto window = std::min(static_cast<std::size_t>(options.pipeline), batch_max);
  std::vector<int> sockets(static_cast<std::size_t>(options.connections));
  for (auto& fd : sockets) {
    fd = connected_socket(SOCK_DGRAM, options.port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    require(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }

  Meter meter(options);
  Batch batch;
  for (const int fd : sockets) batch.send(fd, window);
  std::array<epoll_event, 64> events;
  while (meter.running()) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 100);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      const auto received = batch.receive(fd, meter);
      if (received != 0) batch.send(fd, received);
    }
    if (count == 0) {
      for (const int fd : sockets) batch.send(fd, window);
    }
  }
  meter.print();
}

}  // namespace sundog::bench
