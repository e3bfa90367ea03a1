// Child processes.
//
//   Process date = Process::start({"date", "-u"}, ProcessStreams().output_to_pipe());
//   const std::size_t count = co_await date.output().read(buffer);
//   const ProcessEnd end = co_await date.wait();
//
// What is promised:
//  - There is no shell: the arguments reach the program as they are. A name with a slash is a path,
//    relative to the child's working directory; any other is looked up in the PATH of this process,
//    whatever environment the child gets.
//  - A program that cannot be started is an error of start(), with the errno, the program's name
//    and what may be the reason. When start() has thrown, no child is left.
//  - The child has its three standard streams and no other descriptor of this process, whether
//    that closes on exec or not. Its signals are neither ignored nor blocked. It has this process's
//    user, groups, limits, umask, process group and session.
//  - Working directory and environment are this process's, or those of ProcessOptions.
//  - wait() may be called any number of times, by several tasks at once, after it was cancelled,
//    and after the child has ended: each gets the same answer. A signal never reaches another
//    process that has been given the number since, as the kernel names the child by a descriptor
//    (pidfd_open(2)).
//  - Nothing is left behind: destroying a Process whose child still runs kills it (SIGKILL) and
//    takes its status. A wait that is under way then gets that end. Use wait() for an orderly one.
//    Only a child that may not be killed, because it now runs as another user, is left running,
//    with a line in the log; its status is taken later.
//
// One thing concerns the whole process: where SIGCHLD is ignored the kernel discards the status of
// children, so start() then sets it to its default (some programs start others with it ignored).
// The status is also lost when other code of the process waits for every child (wait(-1)); wait()
// then throws no_child_process.
//
// start() returns when the program has been loaded: a few milliseconds, during which the loop
// stands still.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/file.hpp"
#include "sundog/io/unix/pipe.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

// Where a child's standard streams lead: to this process's own, unless asked for something else. A
// stream that is closed here is /dev/null there.
class ProcessStreams {
 public:
  // Where a stream may lead.
  enum class Kind { inherit, pipe, null, descriptor, output };

  // A pipe is met as Process::input(), output() or error(). Nothing comes from /dev/null, and what
  // goes there is lost.
  ProcessStreams& input_from_pipe() noexcept { return set(0, Kind::pipe); }
  ProcessStreams& output_to_pipe() noexcept { return set(1, Kind::pipe); }
  ProcessStreams& error_to_pipe() noexcept { return set(2, Kind::pipe); }
  ProcessStreams& input_from_null() noexcept { return set(0, Kind::null); }
  ProcessStreams& output_to_null() noexcept { return set(1, Kind::null); }
  ProcessStreams& error_to_null() noexcept { return set(2, Kind::null); }
  // The file must stay open until start() has returned. Child and parent share its position.
  ProcessStreams& input_from(const File& file) noexcept { return set(0, file.descriptor()); }
  ProcessStreams& output_to(const File& file) noexcept { return set(1, file.descriptor()); }
  ProcessStreams& error_to(const File& file) noexcept { return set(2, file.descriptor()); }
  // Where the child's output goes, pipes and files too.
  ProcessStreams& error_to_output() noexcept { return set(2, Kind::output); }

  // Of stream 0, 1 or 2. The descriptor is -1 unless the stream leads to a file.
  Kind kind(int stream) const noexcept { return kinds_[stream]; }
  int descriptor(int stream) const noexcept { return descriptors_[stream]; }

 private:
  ProcessStreams& set(int stream, Kind kind) noexcept {
    kinds_[stream] = kind;
    return *this;
  }
  ProcessStreams& set(int stream, int descriptor) noexcept {
    descriptors_[stream] = descriptor;
    return set(stream, Kind::descriptor);
  }
  Kind kinds_[3] = {Kind::inherit, Kind::inherit, Kind::inherit};
  int descriptors_[3] = {-1, -1, -1};
};

// What the child is given beside its arguments and streams.
class ProcessOptions {
 public:
  // The child's working directory.
  ProcessOptions& directory(std::string path) {
    directory_ = std::move(path);
    return *this;
  }
  // One variable more, or another value for one that this process has.
  ProcessOptions& variable(std::string_view name, std::string_view value);
  // None of this process's variables; those of variable() still come.
  ProcessOptions& empty_environment() noexcept {
    inherits_environment_ = false;
    return *this;
  }

 private:
  friend class Process;
  std::vector<std::string> environment() const;

  std::optional<std::string> directory_;
  std::vector<std::string> variables_;  // "NAME=value"
  bool inherits_environment_ = true;
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
  // Throws std::system_error, see above: no_such_file_or_directory, permission_denied,
  // executable_format_error, argument_list_too_long, resource_unavailable_try_again,
  // too_many_files_open, invalid_argument for a text that holds a NUL ...
  static Process start(std::vector<std::string> arguments,
                       ProcessStreams streams = ProcessStreams(),
                       const ProcessOptions& options = ProcessOptions());
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  // The child's process number, which may be another process's once the child has ended.
  pid_t id() const noexcept;
  // The pipes that were asked for; asking for another is an assertion. Closing the child's input
  // tells it that nothing more comes.
  PipeWriter& input();
  PipeReader& output();
  PipeReader& error();

  // Waits for the child's end. Throws std::system_error, no_child_process, when somebody else has
  // taken its status. The task may outlive the Process.
  Task<ProcessEnd> wait();
  // Sends a signal, if the child has not ended yet. Throws std::system_error:
  // operation_not_permitted, invalid_argument.
  void kill(int signal);

 private:
  class Child;

  explicit Process(std::shared_ptr<Child> child) noexcept;
  static Task<ProcessEnd> wait_for(std::shared_ptr<Child> child);

  std::shared_ptr<Child> child_;  // null once moved from
  std::optional<PipeWriter> input_;
  std::optional<PipeReader> output_;
  std::optional<PipeReader> error_;
};

}  // namespace sundog
