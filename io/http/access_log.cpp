#include "sundog/io/http/access_log.hpp"

#include <optional>

namespace sundog::http {

AccessLog::AccessLog(AccessLogFormat format, std::function<std::int64_t()> unix_seconds)
    : format_(format), unix_seconds_(std::move(unix_seconds)) {
  filling_.bytes = std::make_unique_for_overwrite<char[]>(buffer_bytes);
  writing_.bytes = std::make_unique_for_overwrite<char[]>(buffer_bytes);
}

void AccessLog::answered(const AnsweredRequest& request) noexcept {
  const std::span<char> space(filling_.bytes.get() + filling_.size, buffer_bytes - filling_.size);
  const auto time = unix_seconds_ ? std::optional(unix_seconds_()) : std::nullopt;
  const bool was_half_full = half_full();
  const bool was_empty = filling_.size == 0;
  const std::size_t size = write_access_log_line(space, format_, request, time);
  if (size == 0) {
    SUNDOG_PROBE("an access log had no room for a line");
    ++dropped_count_;
    return;
  }
  filling_.size += size;
  ++filling_.line_count;
  ++line_count_;
  if (was_empty || half_full() != was_half_full) changes_.happened();
}

void AccessLog::write_metrics(MetricsText& text) const {
  text.counter("http_access_log_lines_total", "Lines that were put into the access log.",
               line_count_);
  text.counter("http_access_log_dropped_total", "Lines that the access log lacks.", dropped_count_);
}

void AccessLog::writing_failed(const std::system_error& error) {
  dropped_count_ += writing_.line_count;
  told_dropped_count_ += writing_.line_count;
  if (std::exchange(told_of_failure_, true)) return;
  http_log.error("the access log cannot be written: {}; lines are dropped until it can",
                 error.what());
}

void AccessLog::tell_of_dropped() {
  if (dropped_count_ == told_dropped_count_) return;
  http_log.warning("{} lines of the access log were dropped: its file is too slow",
                   dropped_count_ - told_dropped_count_);
  told_dropped_count_ = dropped_count_;
}

}  // namespace sundog::http
