// A program of somebody else's, built against the installed copy alone. Its folder has headers
// named like Sundog's; each side must get its own.
#include "io/flow.hpp"
#include "runtime/assert.hpp"

#include <fcntl.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <system_error>

#include <sundog/io/run.hpp>
#include <sundog/io/unix/file.hpp>
#include <sundog/io/unix/offload.hpp>
#include <sundog/runtime/future.hpp>
#include <sundog/runtime/protect.hpp>
#include <sundog/runtime/scope.hpp>
#include <sundog/timers/sleep.hpp>
#include <sundog/timers/timeout.hpp>
#include <sundog/version.hpp>

using namespace sundog;
using namespace std::chrono_literals;

static_assert(own::flow == 1 && own::checked == 2, "the program's own headers");
static_assert(SUNDOG_VERSION >= SUNDOG_VERSION_NUMBER(0, 1, 0));

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  ++failures;
  std::printf("%s\n", what);
}

// Frames of the library's own coroutines, which this program destroys; its loop, which they find.
Task<void> uses_files() {
  std::array<std::byte, 4> bytes{};
  File zeros = co_await File::open("/dev/zero", O_RDONLY);
  const std::size_t count = co_await zeros.read(bytes, 0);
  expect(count == bytes.size(), "a file is read");
  try {
    File missing = co_await File::open("/no/such/file", O_RDONLY);
    expect(false, "a file that is not there was opened");
  } catch (const std::system_error& error) {
    expect(error.code() == std::errc::no_such_file_or_directory, "errors keep their code");
  }
}

Task<void> nap(Duration duration) { co_await sleep(duration); }
Task<void> wait_for_nothing() { co_await until_cancelled(); }

Task<void> await_seven(Future<int> future) {
  const int value = co_await future;
  expect(value == 7, "futures are resolved");
}

Task<void> uses_tasks() {
  co_await nap(1ms);
  const auto work = [] { return 42; };
  const int answer = co_await offload(work);
  expect(answer == 42, "work is done in another thread");
  const bool ended = co_await try_timeout(nap(1h), 1ms);
  expect(!ended, "time limits hold");
  auto [future, wakener] = wait<int>();
  const auto body = [&](Scope& tasks) -> Task<void> {
    tasks.spawn(await_seven(future));
    wakener.wakeup(7);
    co_return;
  };
  co_await scope(body);
}

}  // namespace

int main() {
  run(uses_files());
  run(uses_tasks());
  try {
    run(wait_for_nothing());
    expect(false, "a wait for nothing ended");
  } catch (const Deadlock&) {
  }
  std::printf("Sundog %s: %d failures\n", SUNDOG_VERSION_STRING, failures);
  return failures == 0 ? 0 : 1;
}
