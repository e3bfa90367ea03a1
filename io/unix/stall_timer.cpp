#include "sundog/io/unix/stall_timer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <system_error>

#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/text/function_name.hpp"

namespace sundog {
namespace {

// The real-time signals up to here are used by nobody else in this project; the C library keeps its
// own below SIGRTMIN.
int signal_number() noexcept { return SIGRTMIN + 4; }

// Two looks within the limit; but not so often as to cost.
constexpr Duration interval_min = std::chrono::milliseconds(1);

std::int64_t thread_time_ns() noexcept {
  timespec time;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// CLOCK_MONOTONIC as of the kernel's last tick, if ticks come at least every `lag_max`.
clockid_t coarse_clock(Duration lag_max) noexcept {
  timespec tick;
  const bool known = ::clock_getres(CLOCK_MONOTONIC_COARSE, &tick) == 0 && tick.tv_sec == 0;
  return known && Duration(tick.tv_nsec) <= lag_max ? CLOCK_MONOTONIC_COARSE : CLOCK_MONOTONIC;
}

// A line put together without memory or formatting, for a signal handler.
class SignalSafeLine {
 public:
  SignalSafeLine& operator<<(std::string_view text) noexcept {
    const std::size_t count = std::min(text.size(), text_.size() - size_);
    std::memcpy(text_.data() + size_, text.data(), count);
    size_ += count;
    return *this;
  }
  SignalSafeLine& operator<<(std::uint_least32_t number) noexcept {
    std::array<char, 10> digits;
    std::size_t first = digits.size();
    do {
      digits[--first] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    return *this << std::string_view(digits.data() + first, digits.size() - first);
  }
  void write() const noexcept {
    // If standard error is closed there is nobody to tell.
    static_cast<void>(!::write(STDERR_FILENO, text_.data(), size_));
  }

 private:
  std::array<char, 1024> text_;
  std::size_t size_ = 0;
};

}  // namespace

StallTimer::StallTimer(const Scheduler& scheduler, Duration limit)
    : scheduler_(scheduler),
      limit_(limit),
      coarse_clock_(coarse_clock(limit / 2)),
      scheduler_statistics_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  ::sigfillset(&action.sa_mask);
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal_number();
  event.sigev_value.sival_ptr = this;
  event._sigev_un._tid = ::gettid();  // the C library names this member only from version 2.38 on
  if (::sigaction(signal_number(), &action, nullptr) != 0 ||
      ::timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer_) != 0) {
    SUNDOG_PROBE("the stall detector's timer");
    throw std::system_error(
        errno, std::system_category(),
        "the kernel refuses the timer that watches for stalls; --stall=0 does without it");
  }
  const std::int64_t interval_ns = std::max(limit / 2, interval_min).count();
  itimerspec interval = {};
  interval.it_interval.tv_sec = interval_ns / 1'000'000'000;
  interval.it_interval.tv_nsec = interval_ns % 1'000'000'000;
  interval.it_value = interval.it_interval;
  ::timer_settime(timer_, 0, &interval, nullptr);
}

// A signal that is on its way still comes to this thread before timer_delete returns, and finds
// this object.
StallTimer::~StallTimer() { ::timer_delete(timer_); }

void StallTimer::on_signal(int, siginfo_t* info, void*) noexcept {
  // From a timer only: anybody may send the signal by kill(2), and would send a pointer along as
  // well.
  if (info->si_code != SI_TIMER) return;
  const int saved_errno = errno;
  static_cast<StallTimer*>(info->si_value.sival_ptr)->look();
  errno = saved_errno;
}

// Runs in the signal handler, between any two instructions of the loop's thread.
void StallTimer::look() noexcept {
  const Job* job = scheduler_.running();
  const std::int64_t now_ns = thread_time_ns();
  const std::uint64_t step = scheduler_.resumed_count();
  if (job == nullptr || step != step_) {
    step_ = step;
    step_seen_ns_ = now_ns;
    given_up_ = false;
    return;
  }
  const Duration computed(now_ns - step_seen_ns_);
  if (computed < limit_ / 2) return;
  if (seen_ == 0 || stall_.step != step || stall_.computed < computed) {
    stall_ = Stall(step, job->origin(), computed);
    std::atomic_signal_fence(std::memory_order_release);
    seen_ = 1;
  }
  if (computed < hopeless_after || given_up_) return;
  SUNDOG_PROBE("a task held the loop for so long that it may never end");
  given_up_ = true;
  const std::source_location origin = job->origin();
  SignalSafeLine line;
  line << "sundog: a task has held the loop for 2 s and still does: it was made at "
       << origin.file_name() << ":" << origin.line() << " in `"
       << ShortFunctionName(origin.function_name()).text() << "'\n";
  line.write();
}

TimePoint StallTimer::coarse_now() noexcept {
  timespec time;
  ::clock_gettime(coarse_clock_, &time);
  return TimePoint(std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec));
}

// "RUN_NS DELAY_NS SLICES", see Documentation/scheduler/sched-stats.rst in Linux's sources.
Duration StallTimer::delayed() noexcept {
  std::array<char, 64> text;
  const ssize_t size = ::pread(scheduler_statistics_.get(), text.data(), text.size(), 0);
  const std::string_view line(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::size_t space = line.find(' ');
  Duration::rep delay_ns = 0;
  if (space != std::string_view::npos) {
    std::from_chars(line.data() + space + 1, line.data() + line.size(), delay_ns);
  }
  return Duration(delay_ns);
}

std::optional<Stall> StallTimer::take() noexcept {
  if (seen_ == 0) return std::nullopt;
  std::atomic_signal_fence(std::memory_order_acquire);
  const Stall stall = stall_;
  seen_ = 0;
  return stall;
}

}  // namespace sundog
