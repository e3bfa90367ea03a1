#include "io/xen/lifecycle.hpp"

#include <chrono>
#include <string>
#include <system_error>

#include "io/xen/domain.hpp"
#include "io/xen/stop_request.hpp"
#include "io/xen/store.hpp"
#include "runtime/log.hpp"
#include "runtime/probe.hpp"
#include "timers/sleep.hpp"

namespace sundog::xen {
namespace {

log::Source lifecycle_log("xen");

constexpr Duration retry_pause = std::chrono::seconds(1);

// Some toolstacks make no control directory, or let the domain not write to it; the requests still
// come.
Task<void> try_write(std::string path, std::string value) {
  try {
    co_await Store::instance().write(std::move(path), std::move(value));
  } catch (const std::system_error& error) {
    if (error.code().value() != EACCES && error.code().value() != ENOENT) throw;
    SUNDOG_PROBE("the toolstack lets the domain not write to its control directory");
  }
}

// The request that is in the key now; empty for none.
Task<std::string> read_request() {
  try {
    co_return co_await Store::instance().read("control/shutdown");
  } catch (const std::system_error& error) {
    if (error.code().value() != ENOENT) throw;
  }
  co_return std::string();
}

Task<void> serve_requests() {
  StoreWatch watch("control/shutdown", Signal::Kind::background);
  co_await try_write("control/feature-poweroff", "1");
  co_await try_write("control/feature-reboot", "1");
  for (;;) {
    co_await watch.next();
    const std::string request = co_await read_request();
    if (request.empty()) continue;
    co_await try_write("control/shutdown", "");
    if (request == "poweroff" || request == "halt" || request == "reboot") {
      lifecycle_log.info("the toolstack asks for {}", request);
      if (request == "reboot") reboot_at_exit();
      request_stop();
    } else {
      lifecycle_log.warning("the toolstack asks for {}: refused, this image cannot do it", request);
    }
  }
}

}  // namespace

Task<void> serve_lifecycle() {
  for (;;) {
    try {
      co_await serve_requests();
    } catch (const std::system_error& error) {
      if (error.code().value() == ENODEV) throw;  // there is no store, and there will be none
      SUNDOG_PROBE("the store refused what the lifecycle needs");
      lifecycle_log.warning("the store refused what the toolstack's requests need: again soon");
    }
    co_await sleep(retry_pause);
  }
}

}  // namespace sundog::xen
