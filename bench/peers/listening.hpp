// What the hand-written peers share: a socket bound to 0.0.0.0 and a port, and giving up with
// errno's words. Accepted sockets inherit TCP_NODELAY from the listening one.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

inline int check(int result, const char* what) {
  if (result >= 0) return result;
  std::perror(what);
  std::exit(1);
}

inline int port_argument(int argc, char** argv) {
  if (argc == 2) return std::atoi(argv[1]);
  std::fprintf(stderr, "usage: %s PORT\n", argv[0]);
  std::exit(2);
}

// A TCP socket that listens or a UDP socket that is bound; `type` is SOCK_STREAM or SOCK_DGRAM,
// with SOCK_NONBLOCK as wished.
inline int bound_socket(int type, int port) {
  const int fd = check(socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket");
  const int on = 1;
  check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  check(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  if ((type & SOCK_STREAM) != 0) {
    check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    check(listen(fd, SOMAXCONN), "listen");
  }
  return fd;
}
