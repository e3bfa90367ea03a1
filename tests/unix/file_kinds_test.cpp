// Every operation on every kind of file gives the same value or error on both pollers.
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "sundog/io/run.hpp"
#include "sundog/io/unix/file.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/unix/in_child.hpp"
#include "tests/unix/temporary_folder.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using test::in_child;
using test::TemporaryFolder;

namespace {

// What stands at a path, and what must stay open for as long as it is used.
struct Place {
  explicit Place(std::string where) : path(std::move(where)) {}
  Place(Place&& other) noexcept
      : path(std::move(other.path)), descriptors(std::move(other.descriptors)) {
    other.descriptors.clear();
  }
  ~Place() {
    for (const int fd : descriptors) ::close(fd);
  }
  std::string path;
  std::vector<int> descriptors;
};

struct Kind {
  const char* name;
  Place (*make)(const TemporaryFolder& folder);
};

int make_file(const std::string& path, std::string_view text, mode_t mode = 0600) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  static_cast<void>(!::write(fd, text.data(), text.size()));
  ::fchmod(fd, mode);
  return fd;
}

Place named_pipe(const TemporaryFolder& folder, int flags) {
  Place place(folder / "pipe");
  ::mkfifo(place.path.c_str(), 0600);
  if (flags < 0) return place;
  // Opened for both by Linux at once, so that the other end is there.
  const int both = ::open(place.path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  const int end = ::open(place.path.c_str(), flags | O_NONBLOCK | O_CLOEXEC);
  place.descriptors.push_back(end);
  if (flags == O_WRONLY) static_cast<void>(!::write(end, "from a peer", 11));
  // A pipe loses what it holds with its last end: the reader must come while this one is there.
  place.descriptors.push_back(both);
  return place;
}

const Kind kinds[] = {
    {"regular",
     [](const TemporaryFolder& folder) {
       Place place(folder / "file");
       place.descriptors.push_back(make_file(place.path, "0123456789"));
       return place;
     }},
    {"empty",
     [](const TemporaryFolder& folder) {
       Place place(folder / "file");
       place.descriptors.push_back(make_file(place.path, ""));
       return place;
     }},
    {"sparse",
     [](const TemporaryFolder& folder) {
       Place place(folder / "file");
       const int fd = make_file(place.path, "0123456789");
       static_cast<void>(!::ftruncate(fd, off_t{1} << 33));
       place.descriptors.push_back(fd);
       return place;
     }},
    {"forbidden",
     [](const TemporaryFolder& folder) {
       Place place(folder / "file");
       place.descriptors.push_back(make_file(place.path, "secret", 0));
       return place;
     }},
    {"missing", [](const TemporaryFolder& folder) { return Place(folder / "missing"); }},
    {"below a file",
     [](const TemporaryFolder& folder) {
       Place place(folder / "file/below");
       place.descriptors.push_back(make_file(folder / "file", "x"));
       return place;
     }},
    {"folder", [](const TemporaryFolder& folder) { return Place(folder.path()); }},
    {"pipe alone", [](const TemporaryFolder& folder) { return named_pipe(folder, -1); }},
    {"pipe with a writer",
     [](const TemporaryFolder& folder) { return named_pipe(folder, O_WRONLY); }},
    {"pipe with a reader",
     [](const TemporaryFolder& folder) { return named_pipe(folder, O_RDONLY); }},
    {"pipe of /proc",
     [](const TemporaryFolder&) {
       std::array<int, 2> ends;
       static_cast<void>(!::pipe2(ends.data(), O_CLOEXEC));
       static_cast<void>(!::write(ends[1], "from a pipe", 11));
       ::close(ends[1]);
       Place place("/proc/self/fd/" + std::to_string(ends[0]));
       place.descriptors.push_back(ends[0]);
       return place;
     }},
    {"local socket",
     [](const TemporaryFolder& folder) {
       Place place(folder / "s");
       sockaddr_un address = {};
       address.sun_family = AF_UNIX;
       place.path.copy(address.sun_path, sizeof address.sun_path - 1);
       const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
       static_cast<void>(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address));
       place.descriptors.push_back(fd);
       return place;
     }},
    {"circle of links",
     [](const TemporaryFolder& folder) {
       Place place(folder / "a");
       static_cast<void>(!::symlink("b", (folder / "a").c_str()));
       static_cast<void>(!::symlink("a", (folder / "b").c_str()));
       return place;
     }},
    {"link to a file",
     [](const TemporaryFolder& folder) {
       Place place(folder / "link");
       place.descriptors.push_back(make_file(folder / "file", "linked to"));
       static_cast<void>(!::symlink("file", place.path.c_str()));
       return place;
     }},
    {"/dev/null", [](const TemporaryFolder&) { return Place("/dev/null"); }},
    {"/dev/zero", [](const TemporaryFolder&) { return Place("/dev/zero"); }},
    {"/dev/full", [](const TemporaryFolder&) { return Place("/dev/full"); }},
    {"/dev/tty", [](const TemporaryFolder&) { return Place("/dev/tty"); }},
    {"/proc", [](const TemporaryFolder&) { return Place("/proc/sys/kernel/ostype"); }},
    {"/proc/self/mem", [](const TemporaryFolder&) { return Place("/proc/self/mem"); }},
    {"name with a NUL",
     [](const TemporaryFolder& folder) { return Place(folder.path() + std::string("/a\0b", 4)); }},
    {"empty name", [](const TemporaryFolder&) { return Place(""); }},
    {"name too long",
     [](const TemporaryFolder& folder) {
       return Place(folder.path() + "/" + std::string(300, 'n'));
     }},
};

using Operation = Task<std::string> (*)(const std::string& path);
struct NamedOperation {
  const char* name;
  Operation run;
};

std::string text_of(std::span<const std::byte> bytes) {
  std::string text = std::to_string(bytes.size()) + " bytes `";
  for (const std::byte byte : bytes.first(std::min<std::size_t>(bytes.size(), 16))) {
    const auto character = static_cast<char>(byte);
    text += character < ' ' ? '.' : character;  // a line for each outcome
  }
  return text + "'";
}

template <std::uint64_t offset>
Task<std::string> read_at(const std::string& path) {
  File file = co_await File::open(path, O_RDONLY);
  std::array<std::byte, 8> buffer = {};
  const std::size_t count = co_await file.read(buffer, offset);
  co_return text_of(std::span(buffer).first(count));
}
template <std::uint64_t offset>
Task<std::string> write_at(const std::string& path) {
  File file = co_await File::open(path, O_WRONLY);
  co_await file.write(as_bytes("written"), offset);
  const FileStatus status = co_await file.status();
  co_return "written, " + std::to_string(status.size_bytes);
}
template <int flags>
Task<std::string> open_only(const std::string& path) {
  const File file = co_await File::open(path, flags);
  co_return "opened";
}
template <int flags>
Task<std::string> write_in_sequence(const std::string& path) {
  File file = co_await File::open(path, flags);
  co_await file.write(as_bytes("one"));
  co_await file.write(as_bytes(""));
  co_await file.write(as_bytes("two"));
  const FileStatus status = co_await file.status();
  co_return "written, " + std::to_string(status.size_bytes);
}
Task<std::string> read_in_sequence(const std::string& path) {
  File file = co_await File::open(path, O_RDONLY);
  std::array<std::byte, 4> buffer = {};
  std::string text;
  for (int i = 0; i < 3; ++i) {
    const std::size_t count = co_await file.read(buffer);
    text += text_of(std::span(buffer).first(count)) + " ";
  }
  co_return text;
}
template <int flags>
Task<std::string> read_wrongly(const std::string& path) {
  File file = co_await File::open(path, flags);
  std::array<std::byte, 4> buffer = {};
  const std::size_t count = co_await file.read(buffer);
  co_return text_of(std::span(buffer).first(count));
}
Task<std::string> write_read_only(const std::string& path) {
  File file = co_await File::open(path, O_RDONLY);
  co_await file.write(as_bytes("x"), 0);
  co_return "written";
}
Task<std::string> read_nothing(const std::string& path) {
  File file = co_await File::open(path, O_RDONLY);
  const std::size_t count = co_await file.read(MutableBytes());
  co_return text_of(Bytes()) + std::to_string(count);
}
template <std::uint64_t size>
Task<std::string> truncate_to(const std::string& path) {
  File file = co_await File::open(path, O_WRONLY);
  co_await file.truncate(size);
  const FileStatus status = co_await file.status();
  co_return "truncated, " + std::to_string(status.size_bytes);
}
template <bool data_only>
Task<std::string> sync_it(const std::string& path) {
  File file = co_await File::open(path, O_RDWR);
  co_await file.sync(data_only);
  co_return "synced";
}
Task<std::string> tell_status(const std::string& path) {
  const FileStatus status = co_await File::status(path);
  co_return std::to_string(static_cast<int>(status.kind)) + ", " +
      std::to_string(status.kind == FileStatus::Kind::directory ? 0 : status.size_bytes);
}
template <std::size_t bytes_max>
Task<std::string> read_whole(const std::string& path) {
  const auto content = co_await read_file(path, bytes_max);
  co_return text_of(content);
}
Task<std::string> write_whole(const std::string& path) {
  co_await write_file(path, as_bytes("the whole"));
  const FileStatus status = co_await File::status(path);
  co_return "written, " + std::to_string(status.size_bytes);
}
Task<std::string> list_it(const std::string& path) {
  const auto names = co_await File::list(path);
  co_return std::to_string(names.size()) + " names";
}

constexpr std::uint64_t beyond = std::uint64_t{1} << 63;
const NamedOperation operations[] = {
    {"open to read", open_only<O_RDONLY>},
    {"open to write", open_only<O_WRONLY>},
    {"open for both", open_only<O_RDWR>},
    {"open to read at once", open_only<O_RDONLY | O_NONBLOCK>},
    {"open to write at once", open_only<O_WRONLY | O_NONBLOCK>},
    {"read what is open at once", read_wrongly<O_RDONLY | O_NONBLOCK>},
    {"open or create", open_only<O_WRONLY | O_CREAT>},
    {"create", open_only<O_WRONLY | O_CREAT | O_EXCL>},
    {"open as a folder", open_only<O_RDONLY | O_DIRECTORY>},
    {"open no link", open_only<O_RDONLY | O_NOFOLLOW>},
    {"read at 0", read_at<0>},
    {"read at 5", read_at<5>},
    {"read at 2^62", read_at<(std::uint64_t{1} << 62)>},
    {"read at 2^63", read_at<beyond>},
    {"read at 2^64-1", read_at<UINT64_MAX>},
    {"read in sequence", read_in_sequence},
    {"read nothing", read_nothing},
    {"read what is open to write", read_wrongly<O_WRONLY>},
    {"read what is open as a path", read_wrongly<O_PATH>},
    {"write at 0", write_at<0>},
    {"write at 20", write_at<20>},
    {"write at 2^63-1", write_at<beyond - 1>},
    {"write at 2^63", write_at<beyond>},
    {"write in sequence", write_in_sequence<O_WRONLY>},
    {"append", write_in_sequence<O_WRONLY | O_APPEND>},
    {"write what is open to read", write_read_only},
    {"truncate to 3", truncate_to<3>},
    {"truncate to 2^63", truncate_to<beyond>},
    {"sync", sync_it<false>},
    {"sync data", sync_it<true>},
    {"status", tell_status},
    {"read_file 100", read_whole<100>},
    {"read_file 3", read_whole<3>},
    {"write_file", write_whole},
    {"list", list_it},
};

// Only a pipe has anybody to wait for; whatever is still under way after so long waits for him.
constexpr Duration patience = 2s;

Task<std::string> outcome(const Kind& kind, Operation operation) {
  const TemporaryFolder folder;
  const Place place = kind.make(folder);
  const bool may_wait = std::string_view(kind.name).starts_with("pipe");
  const Duration limit = may_wait ? patience : Duration(1h);
  std::string text;
  try {
    const auto result = co_await try_timeout(operation(place.path), limit);
    text = result.value_or("waits");
  } catch (const std::system_error& error) {
    text = error.code().message();
  }
  co_return text;
}

// A line for each operation on each kind of file.
Task<void> print_outcomes() {
  for (const Kind& kind : kinds) {
    std::vector<Task<std::string>> tasks;
    for (const NamedOperation& operation : operations) {
      tasks.push_back(outcome(kind, operation.run));
    }
    const std::vector<std::string> outcomes = co_await join(std::move(tasks));
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      std::fprintf(stderr, "%s: %s: %s\n", kind.name, operations[i].name, outcomes[i].c_str());
    }
  }
}

// As somebody whom permissions bind, without a terminal.
std::string outcomes_on(PollerChoice choice) {
  choose_poller(choice);
  const auto end = in_child([] {
    if (::getuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return 50;
    ::setsid();
    run(print_outcomes());
    return 0;
  });
  choose_poller(PollerChoice::automatic);
  INFO(end.error);
  REQUIRE(end.exit_status() == 0);
  return end.error;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

}  // namespace

TEST_CASE("both pollers give the same answer to every operation on every kind of file") {
  try {
    make_poller(PollerChoice::uring);
  } catch (const std::system_error& error) {
    WARN("left out: " << error.what());
    return;
  }
  const std::string on_epoll = outcomes_on(PollerChoice::epoll);
  const auto epoll = lines_of(on_epoll);
  const auto uring = lines_of(outcomes_on(PollerChoice::uring));
  REQUIRE(epoll.size() == std::size(kinds) * std::size(operations));
  REQUIRE(uring.size() == epoll.size());
  for (std::size_t i = 0; i < epoll.size(); ++i) CHECK(uring[i] == epoll[i]);
  // And it is the right one.
  for (const char* line : {
           "regular: read at 5: 5 bytes `56789'",
           "regular: read in sequence: 4 bytes `0123' 4 bytes `4567' 2 bytes `89' ",
           "regular: append: written, 16",
           "regular: write in sequence: written, 10",
           "regular: read at 2^63: Invalid argument",
           "regular: truncate to 3: truncated, 3",
           "regular: write_file: written, 9",
           "sparse: read_file 100: File too large",
           "missing: write_file: written, 9",
           "forbidden: read at 0: Permission denied",
           "folder: read in sequence: Is a directory",
           "pipe alone: open to read: waits",
           "pipe alone: open to write: waits",
           "pipe alone: open to read at once: opened",
           "pipe alone: open to write at once: No such device or address",
           "pipe with a writer: read what is open at once: 4 bytes `from'",
           "pipe with a writer: open to read: opened",
           "pipe with a writer: read at 0: Illegal seek",
           "pipe with a writer: read in sequence: 4 bytes `from' 4 bytes ` a p' 3 bytes `eer' ",
           "pipe with a reader: write in sequence: written, 0",
           "pipe of /proc: read_file 100: 11 bytes `from a pipe'",
           "pipe of /proc: read at 0: Illegal seek",
           "/dev/full: write in sequence: No space left on device",
           "/dev/zero: read_file 100: File too large",
           "/proc: read_file 100: 6 bytes `Linux.'",
           "name with a NUL: status: Invalid argument",
       }) {
    INFO(line);
    CHECK(std::ranges::find(epoll, line) != epoll.end());
  }
}

namespace {

// A file that the kernel can wait for: a queue of messages, whose file tells its size, and is ready
// while it holds a message. Mounted in a namespace of this process's own, where that is allowed.
constexpr int not_allowed = 77;
Task<int> read_what_can_wait(std::string path, mqd_t queue) {
  File file = co_await File::open(path, O_RDONLY);
  std::array<std::byte, 100> buffer = {};
  for (int i = 0; i < 3; ++i) {
    const auto late = co_await try_timeout(file.read(buffer, 0), 10ms);
    if (late) co_return 1;
  }
  std::optional<std::size_t> count;
  co_await scope([&](Scope& tasks) -> Task<void> {
    tasks.spawn([&]() -> Task<void> { count = co_await file.read(buffer, 0); });
    co_await sleep(10ms);
    ::mq_send(queue, "message", 7, 0);
  });
  const std::string_view text(reinterpret_cast<const char*>(buffer.data()), *count);
  if (!text.starts_with("QSIZE:7 ")) co_return 2;
  // It is ready now, and goes to a thread.
  const std::size_t again = co_await file.read(buffer, 0);
  co_return again == *count ? 0 : 3;
}

}  // namespace

TEST_CASE("a read of a file that the kernel can wait for is cancelled while it waits") {
  for (const PollerChoice choice : {PollerChoice::automatic, PollerChoice::epoll}) {
    const TemporaryFolder folder;
    const auto end = in_child([&] {
      if (::unshare(CLONE_NEWNS | CLONE_NEWIPC) != 0 ||
          ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount("mqueue", folder.path().c_str(), "mqueue", 0, nullptr) != 0) {
        return not_allowed;
      }
      const mqd_t queue = ::mq_open("/queue", O_CREAT | O_RDWR, 0600, nullptr);
      if (queue < 0) return not_allowed;
      choose_poller(choice);
      return run(read_what_can_wait(folder / "queue", queue));
    });
    INFO(end.error);
    if (end.exit_status() == not_allowed) {
      WARN("left out: no file system may be mounted here");
      return;
    }
    CHECK(end.exit_status() == 0);
  }
}
