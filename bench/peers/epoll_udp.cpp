// Hand-written UDP echo on epoll: a receive and a send for each datagram, until there are no more.
#include <sys/epoll.h>

#include <array>

#include "bench/peers/listening.hpp"

int main(int argc, char** argv) {
  const int fd = bound_socket(SOCK_DGRAM | SOCK_NONBLOCK, port_argument(argc, argv));
  const int epoll = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  epoll_event event{};
  event.events = EPOLLIN;
  check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  for (;;) {
    epoll_wait(epoll, &event, 1, -1);
    for (;;) {
      std::array<char, 2048> buffer;
      sockaddr_in peer{};
      socklen_t peer_size = sizeof peer;
      auto* const address = reinterpret_cast<sockaddr*>(&peer);
      const auto count = recvfrom(fd, buffer.data(), buffer.size(), 0, address, &peer_size);
      if (count < 0) break;
      sendto(fd, buffer.data(), static_cast<std::size_t>(count), 0, address, peer_size);
    }
  }
}
