#include "sundog/io/http/server_metrics.hpp"

#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/join_text.hpp"

namespace sundog::http {

void ServerMetrics::answered(const AnsweredRequest& request) noexcept {
  const unsigned code = code_of(request.status);
  if (code >= status_min && code < status_end) ++by_status_[code - status_min];
  durations_.add(request.took);
  content_bytes_ += request.content_bytes;
}

void ServerMetrics::write_metrics(MetricsText& text) const {
  text.begin("http_requests_total", "Requests that were answered.", "counter");
  for (unsigned code = status_min; code < status_end; ++code) {
    const std::uint64_t count = by_status_[code - status_min];
    if (count == 0) continue;
    const std::string labels =
        join_text({"code=\"", Decimal(code), "\",class=\"", Decimal(code / 100), "xx\""});
    text.value("http_requests_total", labels, count);
  }
  text.histogram("http_request_duration_seconds",
                 "From a request's first byte to its answer's last.", durations_);
  text.counter("http_response_content_bytes_total", "Content that was sent.", content_bytes_);
  text.counter("http_connections_total", "Connections that were let in.", opened_count_);
  text.gauge("http_connections", "Connections that are open.", opened_count_ - ended_count_);
}

}  // namespace sundog::http
