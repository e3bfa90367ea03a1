// Where io_uring is forbidden a program goes on with epoll. The filter is real (seccomp), in a
// child process.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "sundog/io/run.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/text/log.hpp"
#include "tests/catch.hpp"

using namespace sundog;

namespace {

std::string logged;

// Every io_uring_setup fails with `error` from here on, in this process.
bool forbid_uring(int error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {.len = 4, .filter = program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

Task<void> send(Socket& flow) { co_await flow.write(as_bytes("x")); }
Task<std::size_t> receive(Socket& flow) {
  std::byte byte;
  const std::size_t count = co_await flow.read(std::span(&byte, 1));
  co_return count;
}
Task<bool> works() {
  auto sockets = Socket::pair();
  auto [none, count] = co_await join(send(sockets.first), receive(sockets.second));
  co_return count == 1 && std::string(UnixPoller::current().name()) == "epoll";
}

// 0: all is well; other numbers say what was not.
int in_child(int error) {
  if (!forbid_uring(error)) return 2;
  log::set_sink([](const log::Source&, log::Level, std::string_view text) noexcept {
    logged += text;
    logged += "\n";
  });
  choose_poller(PollerChoice::automatic);
  if (!run(works())) return 3;
  // One line, which says what stood in the way.
  if (logged.find("seccomp") == std::string::npos || logged.find("epoll") == std::string::npos) {
    return 4;
  }
  if (logged.find('\n') != logged.size() - 1) return 5;
  choose_poller(PollerChoice::uring);
  try {
    run(works());
    return 6;
  } catch (const std::system_error& refused) {
    return refused.code().value() == error ? 0 : 7;
  }
}

}  // namespace

TEST_CASE(
    "where a seccomp filter forbids io_uring the program runs on epoll and logs one line; forced, "
    "it fails") {
  const int error = GENERATE(EPERM, ENOSYS);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(in_child(error));
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
}
