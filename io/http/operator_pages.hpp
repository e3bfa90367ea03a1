// OperatorPages: what a server tells those who run it: its metrics, and whether it is well.
//
//   const OperatorPages pages("/metrics", "/health", sources);
//   const auto answer = [&](auto& exchange) -> Task<void> {
//     return pages.has(exchange) ? pages.answer(exchange) : serve_files(store, exchange);
//   };
//
// Or as the only handler of a server with a port of its own.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sundog/io/http/exchange.hpp"
#include "sundog/io/metrics.hpp"

namespace sundog::http {

class OperatorPages {
 public:
  // Paths as they are asked for, with their slash; an empty one is not there. The sources must
  // outlive this.
  OperatorPages(std::string metrics_path, std::string health_path,
                std::vector<const MetricsSource*> sources)
      : metrics_path_(std::move(metrics_path)),
        health_path_(std::move(health_path)),
        sources_(std::move(sources)) {}

  // Whether the request is for one of these pages.
  template <Flow F>
  bool has(const Exchange<F>& exchange) const {
    const std::string_view path = exchange.request().path;
    return !path.empty() && (path == metrics_path_ || path == health_path_);
  }

  // Answers it; any other with 404. Throws what the flow throws.
  template <Flow F>
  Task<void> answer(Exchange<F>& exchange) const {
    const RequestHead& request = exchange.request();
    std::string_view type = "text/plain; charset=utf-8";
    if (!has(exchange)) {
      exchange.start(Status::not_found);
      exchange.field("Content-Type", type);
      co_await exchange.send("there is no such page\n");
      co_return;
    }
    if (request.method != Method::get && request.method != Method::head) {
      exchange.start(Status::method_not_allowed);
      exchange.field("Allow", "GET, HEAD");
      exchange.field("Content-Type", type);
      co_await exchange.send("this page can only be read\n");
      co_return;
    }
    const bool asks_health = request.path == health_path_;
    const bool ending = asks_health && exchange.stopping();
    if (!asks_health) type = MetricsText::content_type;
    const std::string content = asks_health ? health_text(ending) : metrics_text();
    exchange.start(ending ? Status::service_unavailable : Status::ok);
    exchange.field("Content-Type", type);
    exchange.field("Cache-Control", "no-store");
    co_await exchange.send(content);
  }

 private:
  // A load balancer that asks sends nobody here any more once a stop has begun.
  static std::string health_text(bool ending) { return ending ? "stopping\n" : "ok\n"; }
  std::string metrics_text() const {
    MetricsText text;
    for (const MetricsSource* source : sources_) source->write_metrics(text);
    return std::string(text.view());
  }

  std::string metrics_path_;
  std::string health_path_;
  std::vector<const MetricsSource*> sources_;
};

}  // namespace sundog::http
