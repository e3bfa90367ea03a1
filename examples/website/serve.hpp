// What the website and the file server share: everything but their devices. Serves the pages of a
// configuration until it is asked to stop (SIGTERM or SIGINT), and finishes what is under way then.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "examples/website/site.hpp"
#include "sundog/io/console.hpp"
#include "sundog/io/endpoint.hpp"
#include "sundog/io/generic.hpp"
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

// `Site` is a configuration with two devices: `pages`, a KeyValue, and `listener`.
template <class Site>
Task<void> serve(Site& site) {
  print("{}\n", url_of(site.listener->local_address()));
  http::ServerOptions options;
  options.wall_clock_s = [] {
    const auto now = GenericWallClock().now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
  };
  co_await serve_site(*site.pages, std::move(*site.listener), told_to_stop(), options);
}

}  // namespace website
