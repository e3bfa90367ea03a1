// What the website and the file server share: everything but their devices. Serves the pages of a
// configuration until it is asked to stop (SIGTERM or SIGINT), and finishes what is under way then.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "examples/website/site.hpp"
#include "sundog/io/console.hpp"
#include "sundog/io/endpoint.hpp"
#include "sundog/io/generic.hpp"
#include "sundog/io/http/access_log.hpp"
#include "sundog/io/http/operator_pages.hpp"
#include "sundog/io/http/server_metrics.hpp"
#include "sundog/io/reopen_request.hpp"
#include "sundog/io/runtime_metrics.hpp"
#include "sundog/io/stop_request.hpp"

namespace website {

// Where a browser finds the site: an address that stands for all of this machine's is reached as
// localhost.
inline std::string url_of(const Endpoint& endpoint) {
  const std::string where = endpoint.address().is_any()
                                ? "localhost:" + std::to_string(endpoint.port())
                                : endpoint.to_string();
  return "http://" + where + "/";
}

inline Task<void> told_to_stop() {
  StopRequest stop;
  co_await stop.next();
  log::info("stopping, as requested");
}

// Lines of requests in a file, as long as the site is served.
class SiteLog {
 public:
  // Throws what opening the file throws.
  template <class Site>
  static Task<std::unique_ptr<SiteLog>> open(Site& site, std::function<std::int64_t()> clock) {
    auto file = co_await GenericLogFile::open(*site.access_log);
    co_return std::make_unique<SiteLog>(std::move(file), *site.access_log_format, std::move(clock));
  }
  SiteLog(GenericLogFile file, http::AccessLogFormat format, std::function<std::int64_t()> clock)
      : file_(std::move(file)), lines(format, std::move(clock)) {}

  // Until stop(), and everything is written.
  Task<void> write() { return lines.write_to(file_, stop_); }
  void stop() { stop_.request(); }
  Task<void> reopen() {
    try {
      co_await file_.reopen();
    } catch (const std::system_error& error) {
      log::error("the access log goes on in the old file: {}", error.what());
    }
  }

 private:
  GenericLogFile file_;
  StopFlag stop_;

 public:
  http::AccessLog lines;
};

// Whoever moves log files aside asks for new ones; without a log, being asked changes nothing.
inline Task<void> reopen_when_asked(ReopenRequest& reopen, SiteLog* log) {
  for (;;) {
    co_await reopen.next();
    log::info("opening the logs anew, as requested");
    if (log != nullptr) co_await log->reopen();
  }
}

// The pages for operators on a port of their own, until it is cancelled.
template <Listener L>
Task<void> serve_operators(L listener, const http::OperatorPages& pages) {
  const auto answer = [&pages](auto& exchange) { return pages.answer(exchange); };
  http::Server server(std::move(listener), answer);
  co_await server.run();
}

inline http::ServerOptions server_options(const SiteConfiguration& site) {
  http::ServerOptions options;
  options.connection_count_max = *site.connections;
  options.connections_per_client_max = *site.connections_per_client;
  options.idle_timeout = *site.idle_timeout;
  options.header_timeout = *site.header_timeout;
  options.stop_timeout = *site.stop_timeout;
  options.head_limits.line_bytes_max = site.request_line->bytes;
  options.head_limits.section_bytes_max = site.request_fields->bytes;
  return options;
}

inline http::FileOptions file_options(const SiteConfiguration& site) {
  http::FileOptions options;
  options.fields = site.fields->all;
  options.error_pages = site.error_pages->all;
  options.types = site.types->all;
  options.precompressed = *site.precompressed;
  options.compressed_bytes_max = site.compress->bytes;
  options.listings = *site.listings;
  return options;
}

// `Site` is a SiteConfiguration with four devices: `pages`, a KeyValue, `stack` and `listener`, and
// `clock`, a WallClock.
template <class Site>
Task<void> serve(Site& site) {
  ReopenRequest reopen;  // from here on SIGHUP ends nothing
  http::ServerOptions options = server_options(site);
  options.wall_clock_s = [&site] {
    const auto now = site.clock->now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
  };
  http::ServerMetrics metrics;
  const RuntimeMetrics runtime;
  options.observers.push_back(&metrics);
  std::vector<const MetricsSource*> sources = {&metrics, &runtime};
  std::unique_ptr<SiteLog> log;
  if (!site.access_log->empty()) {
    log = co_await SiteLog::open(site, options.wall_clock_s);
    options.observers.push_back(&log->lines);
    sources.push_back(&log->lines);
  }
  std::optional<GenericStack::Listener> operators;
  if (*site.metrics_port) {
    operators.emplace(site.stack->listen(Endpoint(*site.address, **site.metrics_port)));
  }
  print("{}\n", url_of(site.listener->local_address()));
  const http::OperatorPages pages(*site.metrics_path, *site.health_path, sources);
  const http::OperatorPages own_port_pages("/metrics", "/health", sources);

  const auto serve_and_log = [&](Scope& writing) -> Task<void> {
    if (log != nullptr) writing.spawn(log->write());
    co_await serve_site(*site.pages, std::move(*site.listener), told_to_stop(), options,
                        file_options(site), &pages);
    if (log != nullptr) log->stop();
  };
  const auto serve_all = [&](Scope& others) -> Task<void> {
    others.spawn(reopen_when_asked(reopen, log.get()));
    if (operators) others.spawn(serve_operators(std::move(*operators), own_port_pages));
    co_await scope(serve_and_log);
    others.cancel_tasks();
  };
  co_await scope(serve_all);
}

}  // namespace website
