// Hand-written TCP echo on epoll: level-triggered, one read and one write for each event. This is
// the figure that all others are compared with.
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>

#include "bench/peers/listening.hpp"

namespace {

struct Connection {
  int fd;
  std::string unsent;  // while there is any, we wait for room and do not read
};

void watch(int epoll, int operation, Connection* connection, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = connection;
  check(epoll_ctl(epoll, operation, connection->fd, &event), "epoll_ctl");
}

void accept_all(int epoll, int listener) {
  for (;;) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    watch(epoll, EPOLL_CTL_ADD, new Connection{fd, {}}, EPOLLIN);
  }
}

void finish(Connection* connection) {
  close(connection->fd);
  delete connection;
}

void flush(int epoll, Connection* connection) {
  auto& unsent = connection->unsent;
  const auto sent = send(connection->fd, unsent.data(), unsent.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return finish(connection);
  if (sent > 0) unsent.erase(0, static_cast<std::size_t>(sent));
  if (unsent.empty()) watch(epoll, EPOLL_CTL_MOD, connection, EPOLLIN);
}

void echo(int epoll, Connection* connection) {
  std::array<char, 4096> buffer;
  const auto count = recv(connection->fd, buffer.data(), buffer.size(), 0);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) return finish(connection);
  auto sent = send(connection->fd, buffer.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL);
  if (sent == count) return;
  if (sent < 0 && errno != EAGAIN) return finish(connection);
  if (sent < 0) sent = 0;
  connection->unsent.assign(buffer.data() + sent, static_cast<std::size_t>(count - sent));
  watch(epoll, EPOLL_CTL_MOD, connection, EPOLLOUT);
}

}  // namespace

int main(int argc, char** argv) {
  Connection listener{bound_socket(SOCK_STREAM | SOCK_NONBLOCK, port_argument(argc, argv)), {}};
  const int epoll = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  watch(epoll, EPOLL_CTL_ADD, &listener, EPOLLIN);
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      auto* const connection = static_cast<Connection*>(event.data.ptr);
      if (connection == &listener) {
        accept_all(epoll, listener.fd);
      } else if ((event.events & EPOLLOUT) != 0) {
        flush(epoll, connection);
      } else {
        echo(epoll, connection);
      }
    }
  }
}
