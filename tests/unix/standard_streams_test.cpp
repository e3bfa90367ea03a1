#include "sundog/io/unix/standard_streams.hpp"

#include <fcntl.h>

#include <array>

#include "sundog/io/main.hpp"
#include "sundog/io/run.hpp"
#include "sundog/io/unix/file.hpp"
#include "sundog/io/unix/pipe.hpp"
#include "sundog/io/unix/socket.hpp"
#include "tests/unix/in_child.hpp"

using namespace sundog;
using test::in_child;
using test::with_each_poller;

namespace {

void close_streams(unsigned which) {
  for (int stream = 0; stream < 3; ++stream) {
    if ((which >> stream & 1) != 0) ::close(stream);
  }
}

// 0 if nothing that is opened becomes a standard stream, and all three are there.
Task<int> open_things() {
  const auto sockets = Socket::pair();
  const File file = co_await File::open("/proc/self/status", O_RDONLY);
  const auto pipe = make_pipe();
  for (const int fd : {sockets.first.descriptor(), sockets.second.descriptor(), file.descriptor(),
                       pipe.first.descriptor(), pipe.second.descriptor()}) {
    if (fd < 3) co_return 10;
  }
  for (int stream = 0; stream < 3; ++stream) {
    if (::fcntl(stream, F_GETFD) != 0) co_return 20 + stream;  // there, and not close-on-exec
  }
  co_return 0;
}

int program_status = 50;
Task<void> program() { program_status = co_await open_things(); }

}  // namespace

TEST_CASE("what a program opens never becomes a standard stream, whichever was closed") {
  with_each_poller([] {
    for (unsigned which = 0; which < 8; ++which) {
      const auto by_run = in_child([which] {
        close_streams(which);
        return run(open_things());
      });
      INFO(which << by_run.error);
      CHECK(by_run.exit_status() == 0);
      const auto by_main = in_child([which] {
        close_streams(which);
        const std::array<const char*, 1> arguments = {"program"};
        if (sundog::main(1, arguments.data(), program) != 0) return 40;
        return program_status;
      });
      CHECK(by_main.exit_status() == 0);
    }
  });
}

TEST_CASE("a standard stream that was closed is at its end, or takes everything") {
  const auto end = in_child([] {
    close_streams(7);
    occupy_standard_streams();
    char byte = 'x';
    if (::read(0, &byte, 1) != 0 || ::write(0, &byte, 1) != -1) return 1;
    if (::write(1, &byte, 1) != 1 || ::read(1, &byte, 1) != -1) return 2;
    return ::write(2, &byte, 1) == 1 ? 0 : 3;
  });
  CHECK(end.exit_status() == 0);
}
