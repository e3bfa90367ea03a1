// steps PID: counts the instructions that a process executes in user space, one by one (ptrace's
// single step), until it is told to stop by SIGINT; then prints the count. For machines whose
// processor does not show its own counters, as virtual machines mostly do. Counts the first thread.
// The kernel's work is not counted: a system call is one step.
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {

volatile std::sig_atomic_t stopped = 0;

void require(long result, const char* what) {
  if (result >= 0) return;
  std::perror(what);
  std::exit(1);
}

// True when the process has stopped; false when we were told to end meanwhile.
bool wait_for_stop(pid_t process, int& status) {
  while (waitpid(process, &status, __WALL) < 0) {
    if (errno != EINTR) require(-1, "waitpid");
    if (stopped != 0) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s PID\n", argv[0]);
    return 2;
  }
  const pid_t process = std::atoi(argv[1]);
  struct sigaction action{};
  action.sa_handler = [](int) { stopped = 1; };  // no SA_RESTART: waitpid is to return
  sigaction(SIGINT, &action, nullptr);
  require(ptrace(PTRACE_SEIZE, process, nullptr, nullptr), "PTRACE_SEIZE");
  require(ptrace(PTRACE_INTERRUPT, process, nullptr, nullptr), "PTRACE_INTERRUPT");
  int status = 0;
  unsigned long long steps = 0;
  std::puts("ready");
  std::fflush(stdout);
  while (stopped == 0 && wait_for_stop(process, status)) {
    if (WIFEXITED(status) || WIFSIGNALED(status)) break;
    const int signal = WSTOPSIG(status);
    const bool stepped = signal == SIGTRAP;
    if (stepped && status >> 16 == 0) ++steps;
    require(ptrace(PTRACE_SINGLESTEP, process, nullptr, stepped ? 0 : signal), "PTRACE_SINGLESTEP");
  }
  // Detaching needs a stopped process; one that is blocked in the kernel is interrupted for it.
  if (ptrace(PTRACE_INTERRUPT, process, nullptr, nullptr) == 0) {
    waitpid(process, &status, __WALL);
    ptrace(PTRACE_DETACH, process, nullptr, nullptr);
  }
  std::printf("%llu\n", steps);
}
