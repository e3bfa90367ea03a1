// Fixed rate: requests leave at times fixed beforehand, whether or not earlier ones have come back,
// and a latency counts from the time its request was meant to leave. A server that stalls is
// charged for all who would have asked meanwhile (no "coordinated omission", as Gil Tene named it).
// The client spins on its own CPU, so that its own wake-ups are not in the figures.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <deque>
#include <vector>

#include "bench/load/loads.hpp"
#include "bench/load/sockets.hpp"

namespace sundog::bench {

namespace {

struct Connection {
  int fd = -1;
  std::size_t received = 0;
  std::deque<std::uint64_t> meant_ns;  // of the requests under way, the oldest first
};

void receive(Connection& connection, Meter& meter) {
  std::array<char, 64 * request_size> replies;
  const auto received = recv(connection.fd, replies.data(), replies.size(), 0);
  if (received < 0 && errno == EAGAIN) return;
  if (received == 0) errno = ECONNRESET;
  require(received <= 0 ? -1 : 0, "recv");
  connection.received += static_cast<std::size_t>(received);
  const auto now_ns = clock_ns();
  while (connection.received >= request_size) {
    connection.received -= request_size;
    meter.completed(now_ns - connection.meant_ns.front());
    connection.meant_ns.pop_front();
  }
}

}  // namespace

void fixed_rate(const Options& options) {
  const int epoll = require(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  std::vector<Connection> connections(static_cast<std::size_t>(options.connections));
  for (auto& connection : connections) {
    connection.fd = connected_socket(SOCK_STREAM, options.port);
    set_nonblocking(connection.fd);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    require(epoll_ctl(epoll, EPOLL_CTL_ADD, connection.fd, &event), "epoll_ctl");
  }

  const std::array<char, request_size> request{};
  const double interval_ns = 1e9 / options.rate;
  Meter meter(options);
  const auto begin_ns = clock_ns();
  std::uint64_t sent = 0;
  std::array<epoll_event, 64> events;
  while (meter.running()) {
    const auto now_ns = clock_ns();
    for (;;) {
      const auto meant_ns =
          begin_ns + static_cast<std::uint64_t>(interval_ns * static_cast<double>(sent));
      if (meant_ns > now_ns) break;
      auto& connection = connections[sent % connections.size()];
      connection.meant_ns.push_back(meant_ns);
      send_all(connection.fd, request.data(), request.size());
      ++sent;
      if (sent % 16 == 0) break;  // replies wait too
    }
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
      receive(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr), meter);
    }
  }
  meter.print();
}

}  // namespace sundog::bench
