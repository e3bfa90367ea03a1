// ServerMetrics: what a server counts for Prometheus.
//
//   ServerMetrics metrics;
//   options.observers.push_back(&metrics);
#pragma once

#include <array>
#include <cstdint>

#include "sundog/io/http/request_observer.hpp"
#include "sundog/io/metrics.hpp"

namespace sundog::http {

class ServerMetrics final : public RequestObserver, public MetricsSource {
 public:
  // See RequestObserver.
  void answered(const AnsweredRequest& request) noexcept override;
  void connection_opened() noexcept override { ++opened_count_; }
  void connection_ended() noexcept override { ++ended_count_; }

  // See MetricsSource: requests by status, how long they took, bytes, connections.
  void write_metrics(MetricsText& text) const override;

 private:
  static constexpr unsigned status_min = 100;
  static constexpr unsigned status_end = 600;

  std::array<std::uint64_t, status_end - status_min> by_status_{};
  DurationHistogram durations_;
  std::uint64_t content_bytes_ = 0;
  std::uint64_t opened_count_ = 0;
  std::uint64_t ended_count_ = 0;
};

}  // namespace sundog::http
