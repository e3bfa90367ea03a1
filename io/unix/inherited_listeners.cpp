#include "sundog/io/unix/inherited_listeners.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "sundog/io/unix/poller.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

constexpr int first_inherited = 3;
constexpr int inherited_max = 1000;

int number_in(const char* variable) {
  const char* const value = std::getenv(variable);
  if (value == nullptr) return 0;
  const std::string_view text(value);
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? number : 0;
}

bool listens(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
}

std::vector<int> find_inherited() {
  std::vector<int> found;
  if (number_in("LISTEN_PID") != ::getpid()) return found;
  const int count = std::min(number_in("LISTEN_FDS"), inherited_max);
  for (int fd = first_inherited; fd < first_inherited + count; ++fd) {
    if (listens(fd)) found.push_back(fd);
  }
  return found;
}

bool is_bound_to(int fd, const Address& wanted) {
  Address address;
  return ::getsockname(fd, address.data(), address.room()) == 0 && address == wanted;
}

}  // namespace

std::optional<Descriptor> take_inherited_listener(const Address& wanted) {
  static std::vector<int> left = find_inherited();
  if (left.empty()) return std::nullopt;
  const auto same =
      std::find_if(left.begin(), left.end(), [&](int fd) { return is_bound_to(fd, wanted); });
  const auto chosen = same != left.end() ? same : left.begin();
  const int fd = *chosen;
  left.erase(chosen);
  SUNDOG_PROBE("a listener was handed over");
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  const int flags = ::fcntl(fd, F_GETFL);
  const bool non_blocking = (UnixPoller::current().socket_flags() & SOCK_NONBLOCK) != 0;
  ::fcntl(fd, F_SETFL, non_blocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
  return Descriptor(fd);
}

}  // namespace sundog
