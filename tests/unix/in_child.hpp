// Runs a part of a test in a process of its own, for what would spoil the test's: limits,
// privileges, closed descriptors, aborts.
#pragma once

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "sundog/io/platform.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "tests/catch.hpp"

namespace sundog::test {

// How such a process ended, and what it wrote to standard error.
struct ChildEnd {
  ChildEnd(int wait_status, std::string text) : status(wait_status), error(std::move(text)) {}
  int exit_status() const noexcept { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
  int signal() const noexcept { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

  int status;
  std::string error;
};

// What hangs is ended by SIGALRM after so long: far more than any of it takes.
constexpr unsigned child_seconds_max = 240;

// Which probes a child has reached: memory that it shares with its parent.
class ReachedProbes {
 public:
  ReachedProbes()
      : bytes_(static_cast<char*>(
            ::mmap(nullptr, size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    REQUIRE(bytes_ != MAP_FAILED);
  }
  ~ReachedProbes() { ::munmap(bytes_, size()); }
  ReachedProbes(const ReachedProbes&) = delete;
  ReachedProbes& operator=(const ReachedProbes&) = delete;

  // In the child, at its end.
  void note() noexcept {
    for (std::size_t i = 0; i < probes().size(); ++i) bytes_[i] = probes()[i].count > 0 ? 1 : 0;
  }
  // In the parent.
  void count() noexcept {
    for (std::size_t i = 0; i < probes().size(); ++i) {
      if (bytes_[i] != 0 && probes()[i].count == 0) probes()[i].hit();
    }
  }

 private:
  static std::size_t size() noexcept { return probes().size() + 1; }
  char* bytes_;
};

// `function` gives the exit status. An exception is 99, with its text on standard error.
template <class Function>
ChildEnd in_child(Function function) {
  ReachedProbes reached;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(child_seconds_max);
    // Catch2 would take it for a failure of this test.
    std::signal(SIGABRT, SIG_DFL);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    int status = 99;
    try {
      status = function();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    reached.note();
    ::_exit(status);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[1024];
  for (;;) {
    const ssize_t count = ::read(ends[0], buffer, sizeof buffer);
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  reached.count();
  return ChildEnd(status, text);
}

// Calls `function` once for each poller that this machine has.
template <class Function>
void with_each_poller(Function function) {
  for (const PollerChoice choice : {PollerChoice::uring, PollerChoice::epoll}) {
    DYNAMIC_SECTION((choice == PollerChoice::uring ? "on io_uring" : "on epoll")) {
      if (choice == PollerChoice::uring) {
        try {
          make_poller(choice);
        } catch (const std::system_error& error) {
          WARN("left out: " << error.what());
          return;
        }
      }
      choose_poller(choice);
      function();
      choose_poller(PollerChoice::automatic);
    }
  }
}

}  // namespace sundog::test
