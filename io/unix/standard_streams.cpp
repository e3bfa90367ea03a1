#include "sundog/io/unix/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "sundog/runtime/language/probe.hpp"

namespace sundog {

void occupy_standard_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    SUNDOG_PROBE("a standard stream was closed");
    // The lowest free number is taken, and those below are occupied. Not closed on exec, as no
    // standard stream is.
    int fd = ::open("/dev/null", stream == STDIN_FILENO ? O_RDONLY : O_WRONLY);
    if (fd < 0) {
      SUNDOG_PROBE("there is no /dev/null");
      fd = ::open("/", O_PATH);  // every use of it is an error, as of a closed one
    }
    if (fd < 0) {
      throw std::system_error(
          errno, std::system_category(),
          "standard input, output or error is closed and nothing can be put in its place");
    }
  }
}

}  // namespace sundog
