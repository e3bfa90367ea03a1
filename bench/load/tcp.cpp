// Closed loop: every connection keeps `pipeline` requests of 64 bytes under way, sent together, and
// sends the next ones when all have come back. Idle: the same once on each of very many
// connections, which then stay open while the server's memory is read.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bench/load/loads.hpp"
#include "bench/load/sockets.hpp"

namespace sundog::bench {

namespace {

struct Connection {
  int fd;
  std::size_t received;
  std::uint64_t sent_ns;
};

std::vector<Connection> connect_all(const Options& options, int epoll) {
  std::vector<Connection> connections(static_cast<std::size_t>(options.connections));
  for (auto& connection : connections) {
    connection.fd = connected_socket(SOCK_STREAM, options.port);
    set_nonblocking(connection.fd);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    require(epoll_ctl(epoll, EPOLL_CTL_ADD, connection.fd, &event), "epoll_ctl");
  }
  return connections;
}

}  // namespace

void closed_loop(const Options& options) {
  const int epoll = require(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  auto connections = connect_all(options, epoll);
  const auto pipeline = static_cast<std::size_t>(options.pipeline);
  const std::vector<char> requests(request_size * pipeline, 'x');
  std::vector<char> replies(requests.size());
  const auto send_requests = [&](Connection& connection) {
    connection.received = 0;
    connection.sent_ns = clock_ns();
    send_all(connection.fd, requests.data(), requests.size());
  };

  Meter meter(options);
  for (auto& connection : connections) send_requests(connection);
  std::array<epoll_event, 256> events;
  while (meter.running()) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1000);
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      const auto received = recv(connection.fd, replies.data(), replies.size(), 0);
      if (received < 0 && errno == EAGAIN) continue;
      if (received == 0) errno = ECONNRESET;
      require(received <= 0 ? -1 : 0, "recv");
      connection.received += static_cast<std::size_t>(received);
      if (connection.received < requests.size()) continue;
      meter.completed(clock_ns() - connection.sent_ns, pipeline);
      send_requests(connection);
    }
  }
  meter.print();
}

void idle_connections(const Options& options) {
  const int epoll = require(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  const std::array<char, request_size> request{};
  std::array<char, request_size> reply{};
  // The first connection pays for what the server sets up once.
  Options first = options;
  first.connections = 1;
  auto connections = connect_all(first, epoll);
  send_all(connections[0].fd, request.data(), request.size());
  usleep(200'000);
  const auto before = server_resident(options.server);
  connections = connect_all(options, epoll);
  for (const auto& connection : connections) {
    send_all(connection.fd, request.data(), request.size());
    epoll_event event{};
    do {
      require(epoll_wait(epoll, &event, 1, 5000) == 1 ? 0 : -1, "a reply in 5 s");
    } while (recv(static_cast<Connection*>(event.data.ptr)->fd, reply.data(), reply.size(), 0) <
                 static_cast<ssize_t>(reply.size()) ||
             event.data.ptr != &connection);
  }
  usleep(300'000);
  const auto after = server_resident(options.server);
  std::printf("{\"connections\": %d, \"resident_bytes\": %llu, \"bytes_per_connection\": %.1f}\n",
              options.connections, static_cast<unsigned long long>(after),
              static_cast<double>(after - before) / options.connections);
}

}  // namespace sundog::bench
