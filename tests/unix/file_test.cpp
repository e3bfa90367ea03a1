// Files and pipes.
#include "sundog/io/unix/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "sundog/io/unix/pipe.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/unix/each_poller.hpp"
#include "tests/unix/in_child.hpp"
#include "tests/unix/mapped.hpp"
#include "tests/unix/run_on_uring.hpp"
#include "tests/unix/temporary_folder.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using test::Mapped;
using test::on_each_poller;
using test::pattern;
using test::TemporaryFolder;

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

Task<std::size_t> read_some(PipeReader& reader, MutableBytes buffer) {
  const std::size_t count = co_await reader.read(buffer);
  co_return count;
}

}  // namespace

TEST_CASE("a file is written, synced, read at offsets and measured") {
  on_each_poller([]() -> Task<void> {
    const TemporaryFolder folder;
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
    const TemporaryFolder folder;
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
    const TemporaryFolder folder;
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

namespace {

// A pipe whose ends somebody made non-blocking, as a program that shares its standard streams may.
std::pair<PipeReader, PipeWriter> nonblocking_pipe(const TemporaryFolder& folder) {
  const std::string path = folder / "pipe";
  REQUIRE((::mkfifo(path.c_str(), 0600) == 0 || errno == EEXIST));
  PipeReader reader{Descriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC))};
  PipeWriter writer{Descriptor(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC))};
  REQUIRE(writer.descriptor() >= 0);
  return {std::move(reader), std::move(writer)};
}

Task<void> use_nonblocking_pipe() {
  const TemporaryFolder folder;
  auto [reader, writer] = nonblocking_pipe(folder);
  std::array<std::byte, 8> buffer;
  // Waits, and leaves the loop alone.
  const auto write = [&, &written_to = writer]() -> Task<std::uint64_t> {
    const std::uint64_t before = UnixPoller::current().system_call_count();
    co_await sleep(20ms);
    const std::uint64_t calls = UnixPoller::current().system_call_count() - before;
    co_await written_to.write(as_bytes("late"));
    co_return calls;
  };
  auto [count, calls] = co_await join(read_some(reader, buffer), write());
  CHECK(count == 4);
  CHECK(calls < 10);
  // A read that gives up takes nothing with it.
  const auto nothing = co_await try_timeout(read_some(reader, buffer), 1ms);
  CHECK(!nothing);
  co_await writer.write(as_bytes("next"));
  const std::size_t next = co_await reader.read(buffer);
  CHECK(next == 4);
  // More than a pipe holds.
  const std::string much = pattern(1'000'000);
  const auto write_much = [&much, &written_to = writer]() -> Task<void> {
    co_await written_to.write(as_bytes(much));
    written_to.close();
  };
  auto [none, got] = co_await join(write_much(), read_to_end(reader));
  CHECK(got == much);
}

Task<void> close_nonblocking_pipe() {
  const TemporaryFolder folder;
  auto [reader, writer] = nonblocking_pipe(folder);
  std::array<std::byte, 8> buffer;
  const auto close_late = [&closed = reader]() -> Task<void> {
    co_await sleep(3ms);
    closed.close();
  };
  std::error_code code;
  const auto read = [&, &read_from = reader]() -> Task<void> {
    try {
      static_cast<void>(co_await read_from.read(buffer));
    } catch (const std::system_error& error) {
      code = error.code();
    }
  };
  co_await join(read(), close_late());
  CHECK(code == std::errc::operation_canceled);
}

}  // namespace

TEST_CASE("a pipe that somebody made non-blocking is waited for, not asked again and again") {
  on_each_poller([]() -> Task<void> {
    co_await use_nonblocking_pipe();
    co_await close_nonblocking_pipe();
  });
}

TEST_CASE("a non-blocking pipe is waited for in rings that are always full") {
  test::run_on_uring(use_nonblocking_pipe(), 1, 2);
  test::run_on_uring(close_nonblocking_pipe(), 1, 2);
}

TEST_CASE("buffers of 4 GiB and more are read into and written from") {
  on_each_poller([]() -> Task<void> {
    const TemporaryFolder folder;
    const Mapped memory((std::size_t{1} << 32) + 5);
    const std::string text = pattern(100'000);
    co_await write_file(folder / "data", as_bytes(text));
    File file = co_await File::open(folder / "data", O_RDWR);
    // Each of these is a small number, or 0, in 32 bits.
    for (const std::size_t extra : {std::size_t{0}, std::size_t{1}, std::size_t{5}}) {
      const auto buffer = memory.bytes().first((std::size_t{1} << 32) + extra);
      const std::size_t at_offset = co_await file.read(buffer, 10);
      CHECK(at_offset == text.size() - 10);
    }
    const std::size_t in_sequence = co_await file.read(memory.bytes());
    CHECK(in_sequence == text.size());
    File sink = co_await File::open("/dev/null", O_WRONLY);
    co_await sink.write(memory.bytes().first(std::size_t{1} << 32), 0);
  });
}

TEST_CASE("read_file takes any limit, and says what it found instead of what it was asked for") {
  on_each_poller([]() -> Task<void> {
    const TemporaryFolder folder;
    co_await write_file(folder / "data", as_bytes("all of it"));
    for (const std::size_t limit : {SIZE_MAX, SIZE_MAX - 1, std::size_t{PTRDIFF_MAX}}) {
      const auto content = co_await read_file(folder / "data", limit);
      CHECK(content.size() == 9);
    }
    const auto exact = co_await read_file(folder / "data", 9);
    CHECK(exact.size() == 9);
    // More than any memory holds.
    File sparse = co_await File::open(folder / "sparse", O_WRONLY | O_CREAT);
    co_await sparse.truncate(std::uint64_t{1} << 42);
    std::error_code code;
    std::string what;
    try {
      static_cast<void>(co_await read_file(folder / "sparse", 8));
    } catch (const std::system_error& error) {
      code = error.code();
      what = error.what();
    }
    CHECK(code == std::errc::file_too_large);
    CHECK(what.find(folder / "sparse") != std::string::npos);
  });
}

TEST_CASE("opening a named pipe waits for its other end, and can be cancelled") {
  on_each_poller([]() -> Task<void> {
    const TemporaryFolder folder;
    const std::string path = folder / "pipe";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const auto reader_alone = co_await try_timeout(File::open(path, O_RDONLY), 50ms);
    CHECK(!reader_alone);
    // With io_uring the cancelled reader's end is closed at the end of the turn.
    co_await sleep(1ms);
    const auto writer_alone = co_await try_timeout(File::open(path, O_WRONLY), 50ms);
    CHECK(!writer_alone);
    // Both wait, and nothing is lost, when the writer is the later one and when it is the earlier.
    const auto write_late = [&](Duration late) -> Task<void> {
      co_await sleep(late);
      File writer = co_await File::open(path, O_WRONLY);
      co_await writer.write(as_bytes("through the pipe"));
    };
    const auto read_late = [&](Duration late) -> Task<std::size_t> {
      co_await sleep(late);
      const auto content = co_await read_file(path, 100);
      co_return content.size();
    };
    auto [none, first] = co_await join(write_late(30ms), read_late(0ms));
    CHECK(first == 16);
    auto [nothing, second] = co_await join(write_late(0ms), read_late(30ms));
    CHECK(second == 16);
  });
}

TEST_CASE("a writer of a named pipe is there for a reader before it has written") {
  on_each_poller([]() -> Task<void> {
    const TemporaryFolder folder;
    const std::string path = folder / "pipe";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    auto ends = co_await join(File::open(path, O_RDONLY), File::open(path, O_WRONLY));
    std::array<std::byte, 8> buffer;
    const auto write = [&]() -> Task<void> {
      co_await sleep(3ms);
      co_await std::get<1>(ends).write(as_bytes("late"));
    };
    const auto read = [&]() -> Task<std::size_t> {
      const std::size_t read_count = co_await std::get<0>(ends).read(buffer);
      co_return read_count;
    };
    auto [count, none] = co_await join(read(), write());
    CHECK(count == 4);
  });
}

TEST_CASE("what two tasks append to one file at once is all there, in whole pieces") {
  on_each_poller([]() -> Task<void> {
    const TemporaryFolder folder;
    const auto append = [&](std::string line) -> Task<void> {
      File file = co_await File::open(folder / "log", O_WRONLY | O_CREAT | O_APPEND);
      for (int i = 0; i < 50; ++i) co_await file.write(as_bytes(line));
    };
    co_await join(append(std::string(100, 'a') + "\n"), append(std::string(100, 'b') + "\n"));
    const auto content = co_await read_file(folder / "log", 100'000);
    REQUIRE(content.size() == 100 * 101);
    for (std::size_t line = 0; line < 100; ++line) {
      const auto bytes = std::span(content).subspan(line * 101, 101);
      CHECK(std::ranges::count(bytes, bytes[0]) == 100);
    }
  });
}

TEST_CASE("an offset for a file that appends is an assertion") {
  const auto end = test::in_child([] {
    const auto task = []() -> Task<int> {
      File file = co_await File::open("/dev/null", O_WRONLY | O_APPEND);
      co_await file.write(as_bytes("x"), 0);
      co_return 0;
    };
    return run(task());
  });
  CHECK(end.signal() == SIGABRT);
  CHECK(end.error.find("O_APPEND is written at its end") != std::string::npos);
}
