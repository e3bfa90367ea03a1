#include "sundog/io/unix/log_sink.hpp"

#include <pthread.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <exception>
#include <memory>
#include <mutex>
#include <system_error>

#include "sundog/io/console.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

spdlog::level::level_enum spdlog_level(log::Level level) noexcept {
  switch (level) {
    case log::Level::debug:
      return spdlog::level::debug;
    case log::Level::info:
      return spdlog::level::info;
    case log::Level::warning:
      return spdlog::level::warn;
    case log::Level::error:
      return spdlog::level::err;
    case log::Level::off:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

// The process's own, never destroyed: destructors of global objects may still log.
spdlog::sinks::sink* standard_error = nullptr;

// Threads log one after the other. A fork takes its turn too, as the child would wait for ever for
// a thread that it does not have.
std::mutex mutex;
void before_fork() noexcept { mutex.lock(); }
void after_fork() noexcept { mutex.unlock(); }

void write(const log::Source& source, log::Level level, std::string_view message) noexcept {
  const std::lock_guard lock(mutex);
  try {
    const spdlog::string_view_t name(source.name().data(), source.name().size());
    const spdlog::string_view_t text(message.data(), message.size());
    standard_error->log(spdlog::details::log_msg(name, spdlog_level(level), text));
    standard_error->flush();
  } catch (const std::exception&) {
    SUNDOG_PROBE("a message could not be logged in full");
    // spdlog could not write or had no memory. The message itself needs neither a time nor a
    // colour.
    write_console_error(message);
    write_console_error("\n");
  }
}

}  // namespace

void log_to_standard_error() {
  if (standard_error != nullptr) return;
  auto sink = std::make_unique<spdlog::sinks::stderr_color_sink_st>();
  sink->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %n: %v");
  if (const int error = ::pthread_atfork(before_fork, after_fork, after_fork)) {
    throw std::system_error(error, std::system_category(), "no memory for the log");
  }
  standard_error = sink.release();
  log::set_sink(write);
}

}  // namespace sundog
