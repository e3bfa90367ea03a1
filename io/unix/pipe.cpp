#include "sundog/io/unix/pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include "sundog/io/unix/failure.hpp"

namespace sundog {
namespace {

Descriptor copy_of(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) throw failure(errno, "cannot copy the descriptor of a standard stream");
  return Descriptor(copy);
}

}  // namespace

std::pair<PipeReader, PipeWriter> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) < 0) throw failure(errno, "cannot make a pipe");
  return {PipeReader(Descriptor(fds[0])), PipeWriter(Descriptor(fds[1]))};
}

PipeReader standard_input() { return PipeReader(copy_of(STDIN_FILENO)); }
PipeWriter standard_output() { return PipeWriter(copy_of(STDOUT_FILENO)); }
PipeWriter standard_error() { return PipeWriter(copy_of(STDERR_FILENO)); }

}  // namespace sundog
