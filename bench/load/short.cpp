// Short connections: connect, one request, its reply, close. `connections` are under way at a time,
// in a ring: the oldest one's reply is awaited while the server works on the others.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "bench/load/loads.hpp"
#include "bench/load/sockets.hpp"

namespace sundog::bench {

namespace {

constexpr unsigned hosts = 64;  // 127.0.0.1 to 127.0.0.64

struct Exchange {
  int fd = -1;
  std::uint64_t begin_ns = 0;
};

}  // namespace

void short_connections(const Options& options) {
  const std::array<char, request_size> request{};
  std::array<char, request_size> reply{};
  unsigned host = 0;
  const auto begin = [&](Exchange& exchange) {
    exchange.begin_ns = clock_ns();
    exchange.fd = connected_socket(SOCK_STREAM, options.port, host++ % hosts);
    send_all(exchange.fd, request.data(), request.size());
  };

  Meter meter(options);
  std::vector<Exchange> ring(static_cast<std::size_t>(options.connections));
  for (auto& exchange : ring) begin(exchange);
  for (std::size_t next = 0; meter.running(); next = (next + 1) % ring.size()) {
    auto& exchange = ring[next];
    const auto received = recv(exchange.fd, reply.data(), reply.size(), MSG_WAITALL);
    require(received == static_cast<ssize_t>(reply.size()) ? 0 : -1, "a whole reply");
    meter.completed(clock_ns() - exchange.begin_ns);
    close(exchange.fd);
    begin(exchange);
  }
  meter.print();
}

}  // namespace sundog::bench
