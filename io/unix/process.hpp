// Child processes.
//
//   Process date = Process::start({"/bin/date", "-u"}, ProcessStreams().output_to_pipe());
//   ... co_await date.output().read(buffer) ...
//   const ProcessEnd end = co_await date.wait();
//
// The program is named by its path, or looked up in PATH if it has no slash; there is no shell. The
// child gets the parent's environment and, apart from its three standard streams, none of its
// descriptors. Destroying a Process whose child still runs kills it (SIGKILL) and leaves nothing
// behind: use wait() for an orderly end.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/pipe.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

// Where a child's standard streams lead: to the parent's own, unless asked for a pipe or /dev/null.
class ProcessStreams {
 public:
  enum class Kind { inherit, pipe, null };

  ProcessStreams& input_from_pipe() noexcept { return set(0, Kind::pipe); }
  ProcessStreams& output_to_pipe() noexcept { return set(1, Kind::pipe); }
  ProcessStreams& error_to_pipe() noexcept { return set(2, Kind::pipe); }
  ProcessStreams& input_from_null() noexcept { return set(0, Kind::null); }
  ProcessStreams& output_to_null() noexcept { return set(1, Kind::null); }
  ProcessStreams& error_to_null() noexcept { return set(2, Kind::null); }

  Kind kind(int stream) const noexcept { return kinds_[stream]; }

 private:
  ProcessStreams& set(int stream, Kind kind) noexcept {
    kinds_[stream] = kind;
    return *this;
  }
  Kind kinds_[3] = {Kind::inherit, Kind::inherit, Kind::inherit};
};

// How a child ended.
class ProcessEnd {
 public:
  ProcessEnd(bool exited, int number) noexcept : exited_(exited), number_(number) {}
  // It called exit, with this status; or it was ended by this signal.
  bool exited() const noexcept { return exited_; }
  int exit_status() const noexcept { return exited_ ? number_ : -1; }
  int signal() const noexcept { return exited_ ? 0 : number_; }
  bool succeeded() const noexcept { return exited_ && number_ == 0; }

 private:
  bool exited_;
  int number_;
};

class Process {
 public:
  // Throws std::system_error that names the program: no_such_file_or_directory, permission_denied
  // ...
  static Process start(std::vector<std::string> arguments,
                       ProcessStreams streams = ProcessStreams());
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  pid_t id() const noexcept { return id_; }
  // The pipes that were asked for.
  PipeWriter& input() { return *input_; }
  PipeReader& output() { return *output_; }
  PipeReader& error() { return *error_; }

  // Waits for the child's end. May be called again, also after it was cancelled.
  Task<ProcessEnd> wait();
  // Sends a signal, if the child has not ended yet; never hits another process of the same number.
  void kill(int signal);

 private:
  Process() noexcept = default;

  pid_t id_ = -1;
  Descriptor handle_;  // a pidfd
  std::optional<PipeWriter> input_;
  std::optional<PipeReader> output_;
  std::optional<PipeReader> error_;
  std::optional<ProcessEnd> end_;
};

}  // namespace sundog
