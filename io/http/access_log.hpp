// AccessLog: a line for each request that was answered, off the requests' way.
//
//   AccessLog log(AccessLogFormat::combined, clock);
//   options.observers.push_back(&log);
//   tasks.spawn(log.write_to(file, stop));      // file: a LogFile, or whatever has write(Bytes)
//
// Lines are put into memory that was allocated before, and written from there by a task of its own,
// many at a time: a request costs the making of its line, and no disk holds one up. Where the file
// is so slow that there is no room for a line, it is dropped and counted; the log says so.
//
//   answered() ──▶ filling_ ──swap──▶ writing_ ──▶ file
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>

#include "sundog/io/flow.hpp"
#include "sundog/io/http/access_log_line.hpp"
#include "sundog/io/http/changes.hpp"
#include "sundog/io/http/log.hpp"
#include "sundog/io/http/request_observer.hpp"
#include "sundog/io/metrics.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/stop_flag.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::http {

class AccessLog final : public RequestObserver, public MetricsSource {
 public:
  // Lines wait in memory of this size, twice: those that come while others are written.
  static constexpr std::size_t buffer_bytes = std::size_t{256} << 10;
  // So long a line waits at most before it is written, unless the file is slow.
  static constexpr std::chrono::milliseconds gathered_for{500};

  // `unix_seconds` may be empty: lines have no date then. Throws std::bad_alloc.
  AccessLog(AccessLogFormat format, std::function<std::int64_t()> unix_seconds);

  // See RequestObserver.
  void answered(const AnsweredRequest& request) noexcept override;
  // See MetricsSource.
  void write_metrics(MetricsText& text) const override;

  // Lines that were put into the log, and lines for which there was no room or that could not be
  // written.
  std::uint64_t line_count() const noexcept { return line_count_; }
  std::uint64_t dropped_count() const noexcept { return dropped_count_; }

  // Writes the lines that come, until `stop` is requested and all that had come are written. What
  // the file throws is logged, and the lines are dropped. Both are borrowed until it has ended. One
  // such task at a time.
  template <class File>
  Task<void> write_to(File& file, StopFlag& stop) {
    for (;;) {
      if (filling_.size == 0) {
        if (stop.requested()) co_return;
        co_await until_stopped(changes_.next(), stop);
        continue;
      }
      if (!stop.requested() && !half_full()) {
        co_await until_stopped(try_timeout(until_half_full(), gathered_for), stop);
      }
      std::swap(filling_, writing_);
      co_await write_out(file);
      tell_of_dropped();
    }
  }

 private:
  // Lines, one behind the other.
  struct Buffer {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
    std::uint64_t line_count = 0;
  };

  bool half_full() const noexcept { return filling_.size >= buffer_bytes / 2; }
  Task<void> until_half_full() {
    while (!half_full()) co_await changes_.next();
  }

  template <class File>
  Task<void> write_out(File& file) {
    try {
      co_await file.write(std::as_bytes(std::span(writing_.bytes.get(), writing_.size)));
    } catch (const std::system_error& error) {
      SUNDOG_PROBE("an access log could not be written");
      writing_failed(error);
    }
    writing_.size = 0;
    writing_.line_count = 0;
  }
  void writing_failed(const std::system_error& error);
  void tell_of_dropped();

  AccessLogFormat format_;
  std::function<std::int64_t()> unix_seconds_;
  Buffer filling_;
  Buffer writing_;
  // A line came into an empty buffer, or half of it is full.
  Changes changes_;
  std::uint64_t line_count_ = 0;
  std::uint64_t dropped_count_ = 0;
  std::uint64_t told_dropped_count_ = 0;
  bool told_of_failure_ = false;
};

}  // namespace sundog::http
