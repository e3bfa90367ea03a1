#include "sundog/io/sim/own_process.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <system_error>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

// Of the compiler's profiling, in the build of ./sundog coverage alone.
extern "C" [[gnu::weak]] int __llvm_profile_write_file();

namespace sundog::sim {
namespace {

constexpr unsigned run_seconds_max = 60;

// Where the child tells its parent; negative in a process that is no such child.
int to_parent = -1;

// What goes through the pipe first; then the two texts, then a count for each probe.
struct Header {
  std::uint64_t seed;
  std::uint64_t hash;
  std::uint64_t record_count;
  std::int64_t virtual_ns;
  std::uint64_t failure_bytes;
  std::uint64_t faults_bytes;
};

[[noreturn]] void give_up(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void write_all(const void* bytes, std::size_t count) {
  const char* next = static_cast<const char*>(bytes);
  while (count != 0) {
    const ssize_t written = ::write(to_parent, next, count);
    if (written < 0 && errno != EINTR) std::abort();  // the parent has gone
    if (written < 0) continue;
    next += written;
    count -= static_cast<std::size_t>(written);
  }
}

std::string read_all(int from_child) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(from_child, buffer, sizeof buffer);
    if (count < 0 && errno != EINTR) give_up("read from a simulated process");
    if (count == 0) return text;
    if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
  }
}

// The outcome in the child's message; a failure if it is not whole.
Outcome parse(const std::string& message, int status) {
  Header header;
  Outcome outcome;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || message.size() < sizeof header) {
    outcome.failure = WIFSIGNALED(status)
                          ? "its process was ended by signal " + std::to_string(WTERMSIG(status))
                          : "its process ended with status " + std::to_string(WEXITSTATUS(status));
    return outcome;
  }
  std::memcpy(&header, message.data(), sizeof header);
  std::size_t position = sizeof header;
  outcome.seed = header.seed;
  outcome.hash = header.hash;
  outcome.record_count = header.record_count;
  outcome.virtual_ns = header.virtual_ns;
  outcome.failure = message.substr(position, header.failure_bytes);
  position += header.failure_bytes;
  outcome.faults = message.substr(position, header.faults_bytes);
  position += header.faults_bytes;
  for (Probe& probe : probes()) {
    std::uint64_t count = 0;
    SUNDOG_ASSERT(position + sizeof count <= message.size(), "a child tells of every probe");
    std::memcpy(&count, message.data() + position, sizeof count);
    position += sizeof count;
    probe.count.store(probe.count.load(std::memory_order_relaxed) + count,
                      std::memory_order_relaxed);
  }
  return outcome;
}

}  // namespace

Outcome in_own_process(const std::function<Outcome()>& run) {
  int ends[2];
  if (::pipe(ends) != 0) give_up("a pipe to a simulated process");
  std::fflush(nullptr);  // or both would write it
  const pid_t child = ::fork();
  if (child < 0) give_up("a process for a simulation");
  if (child == 0) {
    ::close(ends[0]);
    to_parent = ends[1];
    ::alarm(run_seconds_max);
    // Its parent has counted these already.
    for (Probe& probe : probes()) probe.count.store(0, std::memory_order_relaxed);
    end_own_process(run());
  }
  ::close(ends[1]);
  const std::string message = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) give_up("wait for a simulated process");
  }
  return parse(message, status);
}

void end_own_process(const Outcome& outcome) {
  SUNDOG_ASSERT(to_parent >= 0, "this run is not in a process of its own");
  const Header header{outcome.seed,       outcome.hash,           outcome.record_count,
                      outcome.virtual_ns, outcome.failure.size(), outcome.faults.size()};
  write_all(&header, sizeof header);
  write_all(outcome.failure.data(), outcome.failure.size());
  write_all(outcome.faults.data(), outcome.faults.size());
  for (const Probe& probe : probes()) {
    const std::uint64_t count = probe.count.load(std::memory_order_relaxed);
    write_all(&count, sizeof count);
  }
  std::fflush(nullptr);
  // No destructors: what the program left is part of it.
  // Where lines are counted, those of this process would be lost: it ends without its exit
  // handlers.
  if (__llvm_profile_write_file != nullptr) __llvm_profile_write_file();
  ::_exit(0);
}

}  // namespace sundog::sim
