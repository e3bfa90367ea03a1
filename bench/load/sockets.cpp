#include "bench/load/sockets.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace sundog::bench {

int require(int result, const char* what) {
  if (result >= 0) return result;
  std::perror(what);
  std::exit(1);
}

int connected_socket(int type, int port, unsigned host) {
  const int fd = require(socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
  require(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "connect");
  if (type == SOCK_STREAM) {
    const int on = 1;
    require(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
  }
  return fd;
}

void set_nonblocking(int fd) { require(fcntl(fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK"); }

void send_all(int fd, const void* bytes, std::size_t size) {
  const auto sent = send(fd, bytes, size, MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(size)) return;
  std::perror("send");
  std::exit(1);
}

}  // namespace sundog::bench
