#include "sundog/io/unix/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "sundog/io/unix/failure.hpp"
#include "sundog/io/unix/fork.hpp"
#include "sundog/io/unix/kernel_operation.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/mutex.hpp"
#include "sundog/runtime/text/log.hpp"

namespace sundog {
namespace {

log::Source process_log("process");

void check(int error, const std::string& what) {
  if (error != 0) throw failure(error, what);
}

int open_pidfd(pid_t id) noexcept { return static_cast<int>(::syscall(SYS_pidfd_open, id, 0)); }

// What the child does between its birth and its program, made beforehand: the C library carries it
// out with nothing but system calls, which is all that is allowed in the child of a process with
// threads.
class SpawnActions {
 public:
  SpawnActions() { check(::posix_spawn_file_actions_init(&actions_), "posix_spawn"); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  void duplicate(int from, int to) {
    check(::posix_spawn_file_actions_adddup2(&actions_, from, to), "posix_spawn");
  }
  void open_null(int to) {
    const int flags = to == STDIN_FILENO ? O_RDONLY : O_WRONLY;
    check(::posix_spawn_file_actions_addopen(&actions_, to, "/dev/null", flags, 0), "posix_spawn");
  }
  void change_directory(const std::string& path) {
    check(::posix_spawn_file_actions_addchdir_np(&actions_, path.c_str()), "posix_spawn");
  }
  // Last, as the sources of duplicate() are among them.
  void close_from(int first) {
    check(::posix_spawn_file_actions_addclosefrom_np(&actions_, first), "posix_spawn");
  }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// Dispositions and mask as a fresh program expects them: this one ignores SIGPIPE and may catch
// others.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    check(::posix_spawnattr_init(&attributes_), "posix_spawn");
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  const posix_spawnattr_t* get() const noexcept { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

class PollOperation final : public KernelOperation {
 public:
  PollOperation(int descriptor, short events) noexcept
      : KernelOperation(descriptor, Poll{events}) {}
  void await_resume() const { static_cast<void>(value()); }
};

// The strings as exec takes them: pointers, with null behind. The strings must outlive it.
std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) {
    // The program would see the part before it.
    if (text.find('\0') != std::string::npos) check(EINVAL, "a child's argument holds a NUL");
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

// Where SIGCHLD is ignored, or SA_NOCLDWAIT set, the kernel keeps no child's status.
void keep_statuses() {
  struct sigaction action;
  if (::sigaction(SIGCHLD, nullptr, &action) != 0) return;
  const bool ignored = (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
  if (!ignored && (action.sa_flags & SA_NOCLDWAIT) == 0) return;
  SUNDOG_PROBE("SIGCHLD was ignored");
  if (ignored) action.sa_handler = SIG_DFL;
  action.sa_flags &= ~SA_NOCLDWAIT;
  ::sigaction(SIGCHLD, &action, nullptr);
}

// Children that this thread could not kill, by their pidfds, so that their status is taken one day.
class LeftRunning {
 public:
  LeftRunning() = default;
  ~LeftRunning() {
    for (const int handle : handles_) ::close(handle);
  }
  LeftRunning(const LeftRunning&) = delete;
  LeftRunning& operator=(const LeftRunning&) = delete;

  // `handle` stays the caller's.
  void add(int handle) {
    handles_.reserve(handles_.size() + 1);
    const int copy = ::fcntl(handle, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (copy >= 0) handles_.push_back(copy);
  }
  void take_statuses() noexcept {
    std::erase_if(handles_, [](int handle) {
      siginfo_t info = {};
      const int result = ::waitid(P_PIDFD, static_cast<id_t>(handle), &info, WEXITED | WNOHANG);
      const bool gone = result < 0 || info.si_pid != 0;
      if (gone) ::close(handle);
      return gone;
    });
  }

 private:
  std::vector<int> handles_;
};

LeftRunning& left_running() {
  static thread_local LeftRunning children;
  return children;
}

// A copy of `fd` that no standard stream of the child is put on top of; closes on exec.
Descriptor above_standard_streams(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (copy < 0) check(errno, "no stream for a child process");
  return Descriptor(copy);
}

// The likely reason why a program did not start, as the end of a sentence about it.
std::string explain(int error, const std::string& program,
                    const std::optional<std::string>& directory) {
  struct stat status;
  const std::string in = directory ? " in " + *directory : "";
  if (directory && (::stat(directory->c_str(), &status) != 0 || !S_ISDIR(status.st_mode))) {
    return in + ", which is no folder";
  }
  const bool is_path = program.find('/') != std::string::npos;
  const bool is_relative = !program.starts_with('/');
  const std::string path = directory && is_relative ? *directory + "/" + program : program;
  switch (error) {
    case ENOENT:
      if (!is_path) return in + ", which is not in any folder of PATH";
      if (::stat(path.c_str(), &status) != 0) return in;
      return in + ": the interpreter that its first line names, or its loader, is missing";
    case EACCES:
      return in + ", which must be executable (chmod +x), in folders that may be entered";
    case ENOEXEC:
      return in + ", which is not a program for this machine; a script must begin with #!";
    case E2BIG:
      return in + ": its arguments and environment are too large; pass them by a file or a pipe";
    case EAGAIN:
      return in + ": no further process is allowed (ulimit -u, or the container's pids.max)";
    default:
      return in;
  }
}

[[noreturn]] void no_pidfd(int error, const std::string& program) {
  SUNDOG_PROBE("a process had no descriptor of its own");
  const bool too_many = error == EMFILE || error == ENFILE;
  const char* why = too_many ? "" : ": pidfd_open is missing here, or forbidden";
  throw failure(error, "cannot start " + program + why);
}

}  // namespace

std::vector<std::string> ProcessOptions::environment() const {
  std::vector<std::string> result = variables_;
  if (!inherits_environment_) return result;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('=') + 1);
    const auto replaces = [name](const std::string& own) { return own.starts_with(name); };
    if (std::ranges::none_of(variables_, replaces)) result.emplace_back(text);
  }
  return result;
}

ProcessOptions& ProcessOptions::variable(std::string_view name, std::string_view value) {
  SUNDOG_ASSERT(!name.empty() && name.find('=') == std::string_view::npos,
                "a variable's name has at least one character, and no `='");
  std::string text = std::string(name) + "=";
  const auto is_older = [&text](const std::string& own) { return own.starts_with(text); };
  std::erase_if(variables_, is_older);
  variables_.push_back(text.append(value));
  return *this;
}

// A child, for the Process and for the tasks that wait, which may outlive it.
class Process::Child {
 public:
  const std::uint32_t generation = fork_generation();
  pid_t id = -1;
  Descriptor handle;  // a pidfd
  std::optional<ProcessEnd> end;
  // Held by the task that waits for the kernel; the others wait for that task.
  Mutex waiting;

  // Takes the status, if the child has ended (WNOHANG), or when it does (0).
  void take_end(int flags) {
    siginfo_t info = {};
    while (::waitid(P_PIDFD, static_cast<id_t>(handle.get()), &info, WEXITED | flags) < 0) {
      if (errno == EINTR) continue;
      SUNDOG_PROBE("somebody else had taken a child's status");
      check(errno, "how child " + std::to_string(id) +
                       " ended is unknown: SIGCHLD is ignored, or other code waits for every child "
                       "(wait(-1))");
    }
    if (info.si_pid != 0) end = ProcessEnd(info.si_code == CLD_EXITED, info.si_status);
  }
  // 0 or the errno; a child that has ended is no error.
  int send(int signal) const noexcept {
    if (end || ::syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0) == 0) return 0;
    return errno == ESRCH ? 0 : errno;
  }
  // For good: nobody but those who wait already will ask.
  void abandon() noexcept;
};

void Process::Child::abandon() noexcept {
  // In a child of fork(), it is the parent's child.
  if (end || generation != fork_generation()) return;
  left_running().take_statuses();
  SUNDOG_PROBE("a process was killed, as nobody had waited for its end");
  try {
    if (const int error = send(SIGKILL)) {
      process_log.warning("child {} cannot be killed and is left running: {}", id,
                          std::system_category().message(error));
      // A wait() for it will take its status; if there is none, some later call.
      if (!waiting.locked()) left_running().add(handle.get());
    } else {
      take_end(0);  // a killed process ends at once; not waiting would leave a zombie
    }
  } catch (const std::exception&) {
    SUNDOG_PROBE("the end of a killed process could not be had");
  }
}

namespace {

// What the child's three streams are made of.
class ChildStreams {
 public:
  explicit ChildStreams(const ProcessStreams& streams) {
    using Kind = ProcessStreams::Kind;
    for (int stream = 0; stream < 3; ++stream) {
      switch (streams.kind(stream)) {
        case Kind::null:
          actions.open_null(stream);
          break;
        case Kind::inherit:
          if (::fcntl(stream, F_GETFD) < 0) actions.open_null(stream);
          break;
        case Kind::descriptor:
          give(above_standard_streams(streams.descriptor(stream)), stream);
          break;
        case Kind::output:
          actions.duplicate(STDOUT_FILENO, stream);
          break;
        case Kind::pipe:
          give_pipe(stream);
          break;
      }
    }
    actions.close_from(STDERR_FILENO + 1);
  }

  SpawnActions actions;
  // This process's ends.
  std::optional<PipeWriter> input;
  std::optional<PipeReader> output[3];

 private:
  void give(Descriptor child_end, int stream) {
    actions.duplicate(child_end.get(), stream);
    child_ends_[stream] = std::move(child_end);
  }
  void give_pipe(int stream) {
    auto [reader, writer] = make_pipe();
    const int child_end = stream == 0 ? reader.descriptor() : writer.descriptor();
    give(above_standard_streams(child_end), stream);
    if (stream == 0) {
      input = std::move(writer);
    } else {
      output[stream] = std::move(reader);
    }
  }

  Descriptor child_ends_[3];  // until the child has them
};

}  // namespace

Process Process::start(std::vector<std::string> arguments, ProcessStreams streams,
                       const ProcessOptions& options) {
  SUNDOG_ASSERT(!arguments.empty(), "the first argument names the program");
  left_running().take_statuses();
  keep_statuses();
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  std::vector<std::string> environment = options.environment();
  const std::vector<char*> environment_pointers = pointers_to(environment);
  auto child = std::make_shared<Child>();
  ChildStreams child_streams(streams);
  if (options.directory_) child_streams.actions.change_directory(*options.directory_);
  const SpawnAttributes attributes;
  // Makes room for the child's descriptor first, so that no child is started and then has to be
  // killed.
  const int place = open_pidfd(::getpid());
  if (place < 0) no_pidfd(errno, arguments[0]);
  const int error =
      ::posix_spawnp(&child->id, argument_pointers[0], child_streams.actions.get(),
                     attributes.get(), argument_pointers.data(), environment_pointers.data());
  ::close(place);
  if (error != 0) {
    check(error, "cannot start " + arguments[0] + explain(error, arguments[0], options.directory_));
  }
  child->handle = Descriptor(open_pidfd(child->id));
  if (!child->handle) {
    const int refused = errno;
    ::kill(child->id, SIGKILL);
    ::waitpid(child->id, nullptr, 0);
    no_pidfd(refused, arguments[0]);
  }
  Process process(std::move(child));
  process.input_ = std::move(child_streams.input);
  process.output_ = std::move(child_streams.output[1]);
  process.error_ = std::move(child_streams.output[2]);
  return process;
}

Process::Process(std::shared_ptr<Child> child) noexcept : child_(std::move(child)) {}
Process::Process(Process&& other) noexcept = default;

Process& Process::operator=(Process&& other) noexcept {
  if (this == &other) return *this;
  Process before(std::move(*this));
  child_ = std::move(other.child_);
  input_ = std::move(other.input_);
  output_ = std::move(other.output_);
  error_ = std::move(other.error_);
  return *this;
}

Process::~Process() {
  if (child_ != nullptr) child_->abandon();
}

pid_t Process::id() const noexcept { return child_ == nullptr ? -1 : child_->id; }

PipeWriter& Process::input() {
  SUNDOG_ASSERT(input_, "there is a pipe to the child if input_from_pipe() asked for it");
  return *input_;
}
PipeReader& Process::output() {
  SUNDOG_ASSERT(output_, "there is a pipe from the child if output_to_pipe() asked for it");
  return *output_;
}
PipeReader& Process::error() {
  SUNDOG_ASSERT(error_, "there is a pipe from the child if error_to_pipe() asked for it");
  return *error_;
}

Task<ProcessEnd> Process::wait() {
  SUNDOG_ASSERT(child_ != nullptr, "this Process was moved from: wait for the one it went to");
  return wait_for(child_);
}

Task<ProcessEnd> Process::wait_for(std::shared_ptr<Child> child) {
  while (!child->end) {
    const Mutex::Guard turn = co_await child->waiting.lock();
    if (child->end) break;
    PollOperation ended(child->handle.get(), POLLIN);
    co_await ended;
    if (!child->end) child->take_end(WNOHANG);
  }
  co_return *child->end;
}

void Process::kill(int signal) {
  SUNDOG_ASSERT(child_ != nullptr, "this Process was moved from: kill the one it went to");
  if (const int error = child_->send(signal)) {
    check(error, "signal " + std::to_string(signal) + " to child " + std::to_string(id()));
  }
}

}  // namespace sundog
