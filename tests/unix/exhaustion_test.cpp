// What happens when the system has no more threads, processes or descriptors: an error that says
// so, and nothing left behind.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <vector>

#include "sundog/io/run.hpp"
#include "sundog/io/unix/cores.hpp"
#include "sundog/io/unix/failure.hpp"
#include "sundog/io/unix/file.hpp"
#include "sundog/io/unix/folder.hpp"
#include "sundog/io/unix/offload.hpp"
#include "sundog/io/unix/pipe.hpp"
#include "sundog/io/unix/process.hpp"
#include "sundog/io/unix/signals.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/allocations.hpp"
#include "tests/unix/each_poller.hpp"
#include "tests/unix/in_child.hpp"
#include "tests/unix/temporary_folder.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using test::in_child;
using test::with_each_poller;

namespace {

// UBSan opens a pipe to look at an object of a type that it has not met yet, and reports undefined
// behaviour when it gets none: what it says about a process without descriptors is not true.
constexpr bool sanitizer_needs_descriptors = __has_feature(undefined_behavior_sanitizer);

bool leave_to_plain_build() {
  if (sanitizer_needs_descriptors)
    WARN("this is tried without the sanitizer for undefined behaviour");
  return sanitizer_needs_descriptors;
}

// From here on this process can start no thread and no process. The limit does not bind root.
bool allow_no_threads() {
  const rlimit none = {0, 0};
  return ::setrlimit(RLIMIT_NPROC, &none) == 0 &&
         (::getuid() != 0 || ::setresuid(65534, 65534, 65534) == 0);
}

bool says_no_thread(const std::system_error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return error.code() == std::errc::resource_unavailable_try_again &&
         std::string_view(error.what()).find("ulimit -u") != std::string_view::npos;
}

// Each function must fail so; gives the number of the first that does not, counted from 1.
Task<int> all_refused(const std::vector<Task<void> (*)()>& functions) {
  int number = 0;
  for (const auto function : functions) {
    ++number;
    bool refused = false;
    try {
      co_await function();
    } catch (const std::system_error& error) {
      refused = says_no_thread(error);
    }
    if (!refused) co_return number;
  }
  co_return 0;
}

Task<void> never() {
  auto made = wait<int>();
  static_cast<void>(co_await std::move(made.first));
}

bool deadlocks() {
  try {
    run(never());
  } catch (const Deadlock&) {
    return true;
  }
  return false;
}

// The descriptors that are open, a bit for each.
std::uint64_t open_descriptors() {
  std::uint64_t open = 0;
  for (int fd = 0; fd < 64; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) open |= std::uint64_t{1} << fd;
  }
  return open;
}

Task<void> use_sockets() {
  Acceptor listener(Address::loopback(0));
  const Socket client = co_await Socket::connect(listener.local_address());
  // Accepting is not refused: it waits for somebody to close something.
  const auto server = co_await try_timeout(listener.accept(), 100ms);
  if (!server) throw failure(EMFILE, "nothing was accepted");
}
Task<void> use_pair() {
  static_cast<void>(Socket::pair());
  co_return;
}
Task<void> use_files() {
  static_cast<void>(co_await read_file("/proc/self/status", 100'000));
  static_cast<void>(co_await File::list("/"));
}
Task<void> use_folder() { static_cast<void>(co_await Folder::connect("/")); }
Task<void> use_process() {
  Process child =
      Process::start({"cat"}, ProcessStreams().input_from_pipe().output_to_pipe().error_to_pipe());
  child.input().close();
  static_cast<void>(co_await child.wait());
}
Task<void> use_signals() {
  Signals signals({SIGTERM});
  ::raise(SIGTERM);
  static_cast<void>(co_await signals.next());
}
Task<void> use_streams() {
  const auto input = standard_input();
  const auto output = standard_output();
  const auto pipe = make_pipe();
  co_return;
}

// An error for lack of a descriptor, which says what helps.
bool says_no_descriptor(const std::system_error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return error.code() == std::errc::too_many_files_open &&
         std::string_view(error.what()).find("ulimit -n") != std::string_view::npos;
}

// How many of these were refused for lack of a descriptor; any other failure is thrown.
Task<int> use_descriptors() {
  int refused_count = 0;
  for (const auto use :
       {use_sockets, use_pair, use_files, use_folder, use_process, use_signals, use_streams}) {
    try {
      co_await use();
    } catch (const std::system_error& error) {
      if (!says_no_descriptor(error)) throw;
      ++refused_count;
    }
    co_await sleep(0s);  // connections are closed at the end of the turn
  }
  co_return refused_count;
}

}  // namespace

TEST_CASE("where no thread can be started, what needs one says so, and the loop does not hang") {
  with_each_poller([] {
    const auto end = in_child([] {
      if (!allow_no_threads()) return 50;
      const std::vector<Task<void> (*)()> functions = {
          []() -> Task<void> { co_await offload([] {}); },
          []() -> Task<void> { static_cast<void>(co_await read_file("/proc/version", 1000)); },
          []() -> Task<void> { static_cast<void>(co_await File::status("/")); },
          []() -> Task<void> { static_cast<void>(co_await File::list("/")); },
          use_folder,
          []() -> Task<void> {
            Process::start({"true"});
            co_return;
          }};
      if (const int wrong = run(all_refused(functions))) return wrong;
      if (!deadlocks()) return 60;
      try {
        run_on_cores(2, [](Core) -> Task<void> { co_await sleep(1h); });
        return 61;
      } catch (const std::system_error& error) {
        return says_no_thread(error) ? 0 : 62;
      }
    });
    INFO(end.error);
    CHECK(end.exit_status() == 0);
  });
}

TEST_CASE(
    "whatever number of descriptors is allowed, none is left over, and it works with enough") {
  if (leave_to_plain_build()) return;
  with_each_poller([] {
    const auto end = in_child([] {
      ::syscall(SYS_close_range, 3U, ~0U, 0U);
      rlimit limit;
      ::getrlimit(RLIMIT_NOFILE, &limit);
      const std::uint64_t before = open_descriptors();
      int worked_count = 0;
      for (rlim_t allowed = 3; allowed < 60 && worked_count < 3; ++allowed) {
        limit.rlim_cur = allowed;
        if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 50;
        std::fprintf(stderr, "with %d: ", static_cast<int>(allowed));
        try {
          const int refused_count = run(use_descriptors());
          std::fprintf(stderr, "%d refused\n", refused_count);
          if (refused_count == 0) ++worked_count;
        } catch (const std::system_error& error) {
          if (!says_no_descriptor(error)) return 51;
        }
        if (open_descriptors() != before) return 52;
        if (::waitpid(-1, nullptr, WNOHANG) != -1) return 53;  // a child was left
      }
      return worked_count == 3 ? 0 : 54;
    });
    INFO(end.error);
    CHECK(end.exit_status() == 0);
  });
}

TEST_CASE("a named pipe that is opened with the last descriptor is an error that names it") {
  if (leave_to_plain_build()) return;
  with_each_poller([] {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() + "/fifo";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const auto end = in_child([&] {
      const auto open_with_last = [&]() -> Task<int> {
        const int last = ::dup(0);
        rlimit limit;
        ::getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = static_cast<rlim_t>(last) + 1;
        ::setrlimit(RLIMIT_NOFILE, &limit);
        ::close(last);
        try {
          static_cast<void>(co_await File::open(path, O_RDONLY));
        } catch (const std::system_error& error) {
          const bool named = std::string_view(error.what()).find(path) != std::string_view::npos;
          co_return says_no_descriptor(error) && named ? 0 : 1;
        }
        co_return 2;
      };
      return run(open_with_last());
    });
    INFO(end.error);
    CHECK(end.exit_status() == 0);
  });
}

TEST_CASE("an operation that finds no memory for its descriptor fails, and the next one works") {
  test::on_each_poller([]() -> Task<void> {
    auto [reader, writer] = make_pipe();
    co_await writer.write(as_bytes("abc"));
    // A number that no poller has seen yet.
    PipeReader high(Descriptor(::fcntl(reader.descriptor(), F_DUPFD_CLOEXEC, 900)));
    std::array<std::byte, 1> buffer{};
    int read_count = 0;
    try {
      const test::FailingAllocation failing(0);
      co_await high.read(buffer);
      ++read_count;
    } catch (const std::system_error& error) {
      CHECK(error.code() == std::errc::not_enough_memory);
    }
    for (; read_count < 3; ++read_count) co_await high.read(buffer);
    CHECK(buffer[0] == std::byte{'c'});
  });
}
