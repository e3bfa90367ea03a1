#include "sundog/io/unix/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "sundog/io/unix/kernel_operation.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

void check(int error, const std::string& what) {
  if (error != 0) throw std::system_error(error, std::system_category(), what);
}

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
    check(::posix_spawn_file_actions_addopen(&actions_, to, "/dev/null", O_RDWR, 0), "posix_spawn");
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

}  // namespace

Process Process::start(std::vector<std::string> arguments, ProcessStreams streams) {
  SUNDOG_ASSERT(!arguments.empty(), "the first argument names the program");
  Process process;
  SpawnActions actions;
  // The child's ends live until the child has them.
  std::optional<PipeReader> child_input;
  std::optional<PipeWriter> child_output[3];
  for (int stream = 0; stream < 3; ++stream) {
    if (streams.kind(stream) == ProcessStreams::Kind::null) {
      actions.open_null(stream);
    } else if (streams.kind(stream) == ProcessStreams::Kind::pipe) {
      auto [reader, writer] = make_pipe();
      if (stream == 0) {
        actions.duplicate(reader.descriptor(), stream);
        child_input = std::move(reader);
        process.input_ = std::move(writer);
      } else {
        actions.duplicate(writer.descriptor(), stream);
        child_output[stream] = std::move(writer);
        (stream == 1 ? process.output_ : process.error_) = std::move(reader);
      }
    }
  }
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const SpawnAttributes attributes;
  check(::posix_spawnp(&process.id_, pointers[0], actions.get(), attributes.get(), pointers.data(),
                       environ),
        "cannot start " + arguments[0]);
  const auto handle = ::syscall(SYS_pidfd_open, process.id_, 0);
  if (handle < 0) {
    SUNDOG_PROBE("a process had no descriptor of its own");
    const int error = errno;
    ::kill(process.id_, SIGKILL);
    ::waitpid(process.id_, nullptr, 0);
    check(error, "pidfd_open");
  }
  process.handle_ = Descriptor(static_cast<int>(handle));
  return process;
}

Process::Process(Process&& other) noexcept
    : id_(std::exchange(other.id_, -1)),
      handle_(std::move(other.handle_)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      error_(std::move(other.error_)),
      end_(std::move(other.end_)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(handle_, other.handle_);
  std::swap(input_, other.input_);
  std::swap(output_, other.output_);
  std::swap(error_, other.error_);
  std::swap(end_, other.end_);
  return *this;
}

Process::~Process() {
  if (!handle_ || end_) return;
  SUNDOG_PROBE("a process was killed, as nobody had waited for its end");
  kill(SIGKILL);
  // A killed process ends at once; not waiting would leave a zombie.
  siginfo_t info;
  while (::waitid(P_PIDFD, static_cast<id_t>(handle_.get()), &info, WEXITED) < 0 &&
         errno == EINTR) {
  }
}

Task<ProcessEnd> Process::wait() {
  while (!end_) {
    PollOperation ended(handle_.get(), POLLIN);
    co_await ended;
    siginfo_t info = {};
    const auto handle = static_cast<id_t>(handle_.get());
    if (::waitid(P_PIDFD, handle, &info, WEXITED | WNOHANG) < 0) check(errno, "waitid");
    if (info.si_pid != 0) end_ = ProcessEnd(info.si_code == CLD_EXITED, info.si_status);
  }
  co_return *end_;
}

void Process::kill(int signal) {
  if (!handle_ || end_) return;
  if (::syscall(SYS_pidfd_send_signal, handle_.get(), signal, nullptr, 0) < 0 && errno != ESRCH) {
    check(errno, "pidfd_send_signal");
  }
}

}  // namespace sundog
