#include "sundog/io/unix/process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "sundog/runtime/join.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/unix/each_poller.hpp"
#include "tests/unix/in_child.hpp"
#include "tests/unix/temporary_folder.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using test::in_child;
using test::on_each_poller;
using test::TemporaryFolder;
using test::with_each_poller;

namespace {

template <class Reader>
Task<std::string> read_to_end(Reader& reader) {
  std::string text;
  std::array<std::byte, 1024> buffer;
  for (;;) {
    const std::size_t count = co_await reader.read(buffer);
    if (count == 0) co_return text;
    text.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
}

// What a program writes to its output.
Task<std::string> output_of(std::vector<std::string> arguments,
                            ProcessOptions options = ProcessOptions()) {
  Process child = Process::start(std::move(arguments), ProcessStreams().output_to_pipe(), options);
  std::string text = co_await read_to_end(child.output());
  const ProcessEnd end = co_await child.wait();
  REQUIRE(end.succeeded());
  co_return text;
}

std::system_error failure_of(std::vector<std::string> arguments,
                             const ProcessOptions& options = ProcessOptions()) {
  try {
    Process::start(std::move(arguments), ProcessStreams(), options);
  } catch (const std::system_error& error) {
    return error;
  }
  return std::system_error(0, std::system_category(), "it has started");
}

bool says(const std::system_error& error, std::string_view text) {
  UNSCOPED_INFO(error.what());
  return std::string_view(error.what()).find(text) != std::string_view::npos;
}

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD; }

}  // namespace

TEST_CASE("a child process is fed, read and waited for") {
  on_each_poller([]() -> Task<void> {
    Process child =
        Process::start({"tr", "a-z", "A-Z"}, ProcessStreams().input_from_pipe().output_to_pipe());
    auto feed = [&]() -> Task<void> {
      co_await child.input().write(as_bytes("mirage"));
      child.input().close();
    };
    auto [none, got] = co_await join(feed(), read_to_end(child.output()));
    REQUIRE(got == "MIRAGE");
    const ProcessEnd end = co_await child.wait();
    REQUIRE(end.succeeded());
  });
}

TEST_CASE("exit status and signal of a child are told apart, and its end is told to all who wait") {
  on_each_poller([]() -> Task<void> {
    Process failing = Process::start({"sh", "-c", "exit 7"});
    const ProcessEnd failed = co_await failing.wait();
    REQUIRE(failed.exit_status() == 7);
    const ProcessEnd again = co_await failing.wait();
    REQUIRE(again.exit_status() == 7);
    failing.kill(SIGKILL);  // it has ended: nobody is hit
    Process sleeper = Process::start({"sleep", "1000"});
    const auto ended = co_await try_timeout(sleeper.wait(), 3ms);
    REQUIRE(!ended.has_value());
    const auto end_it = [&]() -> Task<void> {
      co_await sleep(3ms);
      sleeper.kill(SIGTERM);
    };
    auto [first, second, none] = co_await join(sleeper.wait(), sleeper.wait(), end_it());
    REQUIRE(first.signal() == SIGTERM);
    REQUIRE(second.signal() == SIGTERM);
  });
}

TEST_CASE("when one of two waits is cancelled the other still gets the end") {
  on_each_poller([]() -> Task<void> {
    Process sleeper = Process::start({"sleep", "1000"});
    const auto give_up = [&]() -> Task<bool> {
      const auto end = co_await try_timeout(sleeper.wait(), 5ms);
      sleeper.kill(SIGTERM);
      co_return end.has_value();
    };
    // The one that gives up has begun first, and waits for the kernel on behalf of both.
    auto [got_it, end] = co_await join(give_up(), sleeper.wait());
    REQUIRE(!got_it);
    REQUIRE(end.signal() == SIGTERM);
  });
}

TEST_CASE("a child that is dropped while it runs is killed and leaves no zombie") {
  on_each_poller([]() -> Task<void> {
    pid_t id = 0;
    {
      const Process sleeper = Process::start({"sleep", "1000"});
      id = sleeper.id();
    }
    REQUIRE(::kill(id, 0) == -1);
    REQUIRE(errno == ESRCH);
    std::optional<Process> waited_for = Process::start({"sleep", "1000"});
    const auto drop = [&]() -> Task<void> {
      co_await sleep(3ms);
      waited_for.reset();
    };
    auto [end, none] = co_await join(waited_for->wait(), drop());
    REQUIRE(end.signal() == SIGKILL);
    Process replaced = Process::start({"sleep", "1000"});
    id = replaced.id();
    replaced = Process::start({"true"});
    REQUIRE(::kill(id, 0) == -1);
    const ProcessEnd of_second = co_await replaced.wait();
    REQUIRE(of_second.succeeded());
  });
}

TEST_CASE("a child has its standard streams and no other descriptor, close-on-exec or not") {
  on_each_poller([]() -> Task<void> {
    const int open = ::dup(0);
    const int high = ::fcntl(0, F_DUPFD, 900);
    REQUIRE(high >= 900);
    const std::string listed = co_await output_of({"sh", "-c", "echo /proc/$$/fd/*"});
    ::close(open);
    ::close(high);
    std::string numbers;
    for (std::size_t i = 0; i < listed.size(); ++i) {
      if (listed.compare(i, 4, "/fd/") == 0) numbers += listed.substr(i + 4, 3);
    }
    // The shell itself opens the folder as 3 while it lists it.
    CHECK((listed.find("/fd/4") == std::string::npos && listed.find("/fd/9") == std::string::npos));
    CHECK(numbers.starts_with("0 /1 /2"));
  });
}

TEST_CASE("a child's signals are neither ignored nor blocked") {
  on_each_poller([]() -> Task<void> {
    std::signal(SIGUSR1, SIG_IGN);
    sigset_t blocked;
    sigset_t before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const std::string status =
        co_await output_of({"grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"});
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    std::signal(SIGUSR1, SIG_DFL);
    // Bits 31 and 32 are the C library's own signals.
    CHECK((status == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n" ||
           status == "SigBlk:\t0000000000000000\nSigIgn:\t0000000180000000\n"));
  });
}

TEST_CASE("a child's end is known though SIGCHLD was ignored when the program began") {
  with_each_poller([] {
    for (const bool by_flag : {false, true}) {
      const auto end = in_child([by_flag] {
        struct sigaction action = {};
        action.sa_handler = by_flag ? SIG_DFL : SIG_IGN;
        action.sa_flags = by_flag ? SA_NOCLDWAIT : 0;
        ::sigaction(SIGCHLD, &action, nullptr);
        const auto task = []() -> Task<int> {
          Process child = Process::start({"sh", "-c", "exit 7"});
          co_await sleep(50ms);  // it has ended before anybody asks
          const ProcessEnd ended = co_await child.wait();
          co_return ended.exit_status();
        };
        return run(task());
      });
      INFO(end.error);
      CHECK(end.exit_status() == 7);
    }
  });
}

TEST_CASE("a status that other code has taken is an error of wait, and of nothing else") {
  on_each_poller([]() -> Task<void> {
    Process child = Process::start({"true"});
    REQUIRE(::waitpid(child.id(), nullptr, 0) == child.id());
    std::error_code code;
    try {
      static_cast<void>(co_await child.wait());
    } catch (const std::system_error& error) {
      code = error.code();
    }
    REQUIRE(code == std::errc::no_child_process);
    child.kill(SIGKILL);
  });
}

TEST_CASE("a child gets the working directory and the environment that it is given") {
  on_each_poller([]() -> Task<void> {
    const TemporaryFolder folder;
    const std::string where =
        co_await output_of({"pwd"}, ProcessOptions().directory(folder.path()));
    CHECK(where == folder.path() + "\n");
    ::setenv("SUNDOG_TEST", "parent's", 1);
    const std::string inherited = co_await output_of({"printenv", "SUNDOG_TEST"});
    CHECK(inherited == "parent's\n");
    const std::string replaced = co_await output_of(
        {"printenv", "SUNDOG_TEST"},
        ProcessOptions().variable("SUNDOG_TEST", "a").variable("SUNDOG_TEST", "b"));
    CHECK(replaced == "b\n");
    // Found in this process's PATH, though the child has none.
    const std::string only =
        co_await output_of({"env"}, ProcessOptions().empty_environment().variable("A", "1"));
    CHECK(only == "A=1\n");
    ::unsetenv("SUNDOG_TEST");
  });
}

TEST_CASE("a child's streams lead to files, to nothing, and to one another") {
  on_each_poller([]() -> Task<void> {
    const TemporaryFolder folder;
    {
      File input = co_await File::open(folder / "in", O_RDWR | O_CREAT);
      co_await input.write(as_bytes("from a file"), 0);
      const File output = co_await File::open(folder / "out", O_WRONLY | O_CREAT);
      Process child =
          Process::start({"sh", "-c", "cat; echo complaint >&2"},
                         ProcessStreams().input_from(input).output_to(output).error_to_output());
      const ProcessEnd end = co_await child.wait();
      CHECK(end.succeeded());
    }
    const auto content = co_await read_file(folder / "out", 100);
    CHECK(std::string(reinterpret_cast<const char*>(content.data()), content.size()) ==
          "from a filecomplaint\n");
    // Reading gives an end, writing goes nowhere.
    Process quiet =
        Process::start({"sh", "-c", "cat && echo x && echo y >&2"},
                       ProcessStreams().input_from_null().output_to_null().error_to_null());
    const ProcessEnd end = co_await quiet.wait();
    CHECK(end.succeeded());
    Process both = Process::start({"sh", "-c", "echo one; echo two >&2"},
                                  ProcessStreams().output_to_pipe().error_to_output());
    const std::string text = co_await read_to_end(both.output());
    CHECK(text == "one\ntwo\n");
    static_cast<void>(co_await both.wait());
  });
}

TEST_CASE("a stream that is closed here is /dev/null for the child, and no file becomes one") {
  const auto end = in_child([] {
    const auto task = []() -> Task<int> {
      ::close(0);
      ::close(1);
      // The pipe takes the numbers that are free: 0 and 1 of this process, but not of the child.
      Process child = Process::start({"sh", "-c", "cat; echo lost; echo kept >&2; exit 4"},
                                     ProcessStreams().error_to_pipe());
      const std::string text = co_await read_to_end(child.error());
      const ProcessEnd ended = co_await child.wait();
      co_return text == "kept\n" ? ended.exit_status() : 1;
    };
    return run(task());
  });
  INFO(end.error);
  CHECK(end.exit_status() == 4);
}

TEST_CASE("a program that does not start is named, with the errno and the reason") {
  const TemporaryFolder folder;
  const auto missing = failure_of({"/no/such/program"});
  CHECK(missing.code() == std::errc::no_such_file_or_directory);
  CHECK(says(missing, "cannot start /no/such/program"));
  const auto not_in_path = failure_of({"no-such-program"});
  CHECK(not_in_path.code() == std::errc::no_such_file_or_directory);
  CHECK(says(not_in_path, "not in any folder of PATH"));
  const auto no_folder = failure_of({"true"}, ProcessOptions().directory(folder / "missing"));
  CHECK(no_folder.code() == std::errc::no_such_file_or_directory);
  CHECK(says(no_folder, "missing, which is no folder"));
  const auto write = [&folder](const char* name, std::string_view text, mode_t mode) {
    const int fd = ::open((folder / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    REQUIRE(::fchmod(fd, mode) == 0);
    ::close(fd);
    return folder / name;
  };
  const auto closed = failure_of({write("closed", "#!/bin/sh\n", 0600)});
  CHECK(closed.code() == std::errc::permission_denied);
  CHECK(says(closed, "chmod +x"));
  const auto orphan = failure_of({write("orphan", "#!/no/such/shell\n", 0700)});
  CHECK(orphan.code() == std::errc::no_such_file_or_directory);
  CHECK(says(orphan, "the interpreter that its first line names"));
  const auto text = failure_of({write("text", "echo no first line\n", 0700)});
  CHECK(text.code() == std::errc::executable_format_error);
  CHECK(says(text, "must begin with #!"));
  const auto large = failure_of({"true", std::string(std::size_t{1} << 22, 'x')});
  CHECK(large.code() == std::errc::argument_list_too_long);
  const auto cut = failure_of({"echo", std::string("a\0b", 3)});
  CHECK(cut.code() == std::errc::invalid_argument);
  const auto empty = failure_of({""});
  CHECK(empty.code() == std::errc::no_such_file_or_directory);
  CHECK(!has_children());
}

TEST_CASE("a relative path of a program is relative to the child's working directory") {
  on_each_poller([]() -> Task<void> {
    const TemporaryFolder folder;
    const int fd = ::open((folder / "here").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    REQUIRE(::write(fd, "#!/bin/sh\necho found", 20) == 20);
    ::close(fd);
    const std::string text =
        co_await output_of({"./here"}, ProcessOptions().directory(folder.path()));
    CHECK(text == "found\n");
  });
}

TEST_CASE("a child that may not be killed is left running, with a line in the log") {
  if (::getuid() != 0) {
    WARN("left out: it takes root to start a child and become somebody who may not kill it");
    return;
  }
  const auto end = in_child([] {
    const auto task = []() -> Task<int> {
      pid_t id = 0;
      {
        const Process sleeper = Process::start({"sleep", "1000"});
        id = sleeper.id();
        if (::setresuid(65534, 65534, 0) != 0) co_return 1;
        try {
          Process(Process::start({"true"})).kill(SIGTERM);
        } catch (const std::system_error&) {
          co_return 2;  // its own child it may
        }
      }
      if (::setresuid(0, 0, 0) != 0) co_return 3;
      if (::kill(id, SIGKILL) != 0) co_return 4;  // it still ran
      // Its status is taken when the next child is started or dropped.
      for (int tries = 0; tries < 5000 && ::kill(id, 0) == 0; ++tries) {
        const Process next = Process::start({"true"});
        co_await sleep(1ms);
      }
      co_return ::kill(id, 0) == 0 ? 5 : 0;
    };
    return run(task());
  });
  INFO(end.error);
  CHECK(end.exit_status() == 0);
}

TEST_CASE("a pipe that nobody asked for is an assertion") {
  const auto use = [](auto stream) {
    return in_child([stream] {
      Process child = Process::start({"true"});
      stream(child);
      return 0;
    });
  };
  const auto output = use([](Process& child) { child.output(); });
  CHECK(output.signal() == SIGABRT);
  CHECK(output.error.find("output_to_pipe() asked for it") != std::string::npos);
  const auto input = use([](Process& child) { child.input(); });
  CHECK(input.signal() == SIGABRT);
  const auto error = use([](Process& child) { child.error(); });
  CHECK(error.signal() == SIGABRT);
}
