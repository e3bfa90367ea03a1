// Files, pipes and child processes.
#include "sundog/io/unix/file.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "sundog/io/unix/pipe.hpp"
#include "sundog/io/unix/process.hpp"
#include "sundog/runtime/join.hpp"
#include "tests/unix/each_poller.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using test::on_each_poller;
using test::pattern;

namespace {

// A folder that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "sundog-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const char* name) const { return path_ / name; }
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

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

Task<std::size_t> read_some(PipeReader& reader, MutableBytes buffer) {
  const std::size_t count = co_await reader.read(buffer);
  co_return count;
}

}  // namespace

TEST_CASE("a file is written, synced, read at offsets and measured") {
  on_each_poller([]() -> Task<void> {
    const Folder folder;
    File file = co_await File::open(folder / "data", O_RDWR | O_CREAT | O_EXCL);
    const std::string text = pattern(300'000);
    co_await file.write(as_bytes(text), 0);
    co_await file.write(as_bytes("end"), 400'000);
    co_await file.sync();
    co_await file.sync(true);
    const FileStatus status = co_await file.status();
    REQUIRE(status.size_bytes == 400'003);
    REQUIRE(status.kind == FileStatus::Kind::file);
    std::array<std::byte, 10> buffer;
    std::size_t count = co_await file.read(buffer, 1000);
    REQUIRE(count == 10);
    REQUIRE(std::string(reinterpret_cast<char*>(buffer.data()), 10) == text.substr(1000, 10));
    count = co_await file.read(buffer, 400'001);
    REQUIRE(count == 2);
    count = co_await file.read(buffer, 400'003);
    REQUIRE(count == 0);
    const auto content = co_await read_file(folder / "data", 1'000'000);
    REQUIRE(content.size() == 400'003);
    REQUIRE(content[350'000] == std::byte(0));
  });
}

TEST_CASE("a missing file is no_such_file_or_directory and is named; a too large one is refused") {
  on_each_poller([]() -> Task<void> {
    const Folder folder;
    const std::string path = folder / "missing";
    std::string what;
    try {
      static_cast<void>(co_await File::open(path, O_RDONLY));
    } catch (const std::system_error& error) {
      REQUIRE(error.code() == std::errc::no_such_file_or_directory);
      what = error.what();
    }
    REQUIRE(what.find(path) != std::string::npos);
    File file = co_await File::open(folder / "large", O_WRONLY | O_CREAT);
    co_await file.write(as_bytes("12345"), 0);
    std::error_code code;
    try {
      static_cast<void>(co_await read_file(folder / "large", 4));
    } catch (const std::system_error& error) {
      code = error.code();
    }
    REQUIRE(code == std::errc::file_too_large);
  });
}

TEST_CASE("a directory's names come sorted, and its status says what it is") {
  on_each_poller([]() -> Task<void> {
    const Folder folder;
    for (const char* name : {"b", "a", "c"}) {
      const File file = co_await File::open(folder / name, O_WRONLY | O_CREAT);
    }
    const auto names = co_await File::list(folder.path());
    REQUIRE(names == std::vector<std::string>{"a", "b", "c"});
    const FileStatus status = co_await File::status(folder.path());
    REQUIRE(status.kind == FileStatus::Kind::directory);
  });
}

TEST_CASE("a pipe passes more than it holds, and ends when its writer closes") {
  on_each_poller([]() -> Task<void> {
    auto ends = make_pipe();
    auto& [reader, writer] = ends;
    const std::string text = pattern(1'000'000);
    auto send = [&]() -> Task<void> {
      co_await writer.write(as_bytes(text));
      writer.close();
    };
    auto [none, got] = co_await join(send(), read_to_end(reader));
    REQUIRE(got == text);
  });
}

TEST_CASE("a read from a pipe can time out without losing what comes later") {
  on_each_poller([]() -> Task<void> {
    auto ends = make_pipe();
    auto& [reader, writer] = ends;
    std::array<std::byte, 8> buffer;
    const auto late = co_await try_timeout(read_some(reader, buffer), 3ms);
    REQUIRE(!late);
    co_await writer.write(as_bytes("later"));
    const auto count = co_await try_timeout(read_some(reader, buffer), 5s);
    REQUIRE(count == 5);
  });
}

TEST_CASE("writing to a pipe without readers is broken_pipe, not the end of the program") {
  on_each_poller([]() -> Task<void> {
    auto ends = make_pipe();
    ends.first.close();
    // With io_uring the close is carried out at the end of the turn.
    co_await sleep(1ms);
    std::error_code code;
    try {
      co_await ends.second.write(as_bytes("x"));
    } catch (const std::system_error& error) {
      code = error.code();
    }
    REQUIRE(code == std::errc::broken_pipe);
  });
}

TEST_CASE("a child process is fed, read and waited for") {
  on_each_poller([]() -> Task<void> {
    Process child = Process::start({"tr", "a-z", "A-Z"},
                                   ProcessStreams().input_from_pipe().output_to_pipe());
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

TEST_CASE("exit status and signal of a child are told apart, and a missing program is named") {
  on_each_poller([]() -> Task<void> {
    Process failing = Process::start({"sh", "-c", "exit 7"});
    const ProcessEnd failed = co_await failing.wait();
    REQUIRE(failed.exit_status() == 7);
    Process sleeper = Process::start({"sleep", "1000"});
    const auto ended = co_await try_timeout(sleeper.wait(), 3ms);
    REQUIRE(!ended.has_value());
    sleeper.kill(SIGTERM);
    const ProcessEnd killed = co_await sleeper.wait();
    REQUIRE(killed.signal() == SIGTERM);
    REQUIRE_THROWS_WITH(Process::start({"/no/such/program"}),
                        Catch::Contains("/no/such/program"));
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
    co_return;
  });
}
