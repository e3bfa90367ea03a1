#include "io/xen/lifecycle.hpp"

#include <string>
#include <system_error>
#include <utility>

#include "io/xen/block.hpp"
#include "io/xen/domain.hpp"
#include "io/xen/stop_request.hpp"
#include "io/xen/store_link.hpp"
#include "runtime/log.hpp"
#include "runtime/probe.hpp"

namespace sundog::xen {
namespace {

log::Source lifecycle_log("xen");

constexpr const char* request_path = "control/shutdown";

constexpr std::uint64_t retry_pause_ns = 1'000'000'000;

// Watches the key, and reads it at each change. Some toolstacks make no control directory, or let
// the domain not write to it: what comes of writing is not looked at, and the requests still come.
class Lifecycle final : StoreClient {
 public:
  explicit Lifecycle(StoreLink& link) : StoreClient(link), link_(link) {
    write("control/feature-poweroff", "1");
    write("control/feature-reboot", "1");
    watch();
  }

  std::uint64_t serve() {
    if (retry_ns_ != no_deadline_ns && now_ns() >= retry_ns_) watch();
    return retry_ns_;
  }

 private:
  void watch() {
    retry_ns_ = no_deadline_ns;
    link_.watch(XS_WATCH, number(), request_path);
  }
  void write(std::string path, const char* value) {
    link_.send(XS_WRITE, 0, 0, terminated(std::move(path)) + value);
  }

  void lost() override {}
  void changed(std::string) override {
    watched_ = true;
    link_.send(XS_READ, number(), 0, terminated(request_path));
  }
  void answered(StoreMessage& reply) override {
    if (reply.type == XS_READ && !reply.payload.empty()) obey(reply.payload);
    // Of the watch, not of a key that is not there.
    if (reply.type != XS_ERROR || watched_) return;
    SUNDOG_PROBE("the store refused what the lifecycle needs");
    lifecycle_log.warning("the store refuses a watch: once more in a second");
    retry_ns_ = now_ns() + retry_pause_ns;
  }

  // Empty is what an acknowledged request leaves.
  void obey(const std::string& request) {
    write(request_path, "");
    if (request == "poweroff" || request == "halt" || request == "reboot") {
      lifecycle_log.info("the toolstack asks for {}", request);
      if (request == "reboot") reboot_at_exit();
      request_stop();
    } else {
      lifecycle_log.warning("the toolstack asks for {}: refused, this image cannot do it", request);
    }
  }

  StoreLink& link_;
  bool watched_ = false;
  std::uint64_t retry_ns_ = no_deadline_ns;
};

// Null where there is no store, and will be none.
Lifecycle* begin() {
  try {
    static Lifecycle lifecycle(StoreLink::instance());
    return &lifecycle;
  } catch (const std::system_error& error) {
    lifecycle_log.warning("no toolstack can be heard: {}", error.what());
    return nullptr;
  }
}

}  // namespace

std::uint64_t serve_lifecycle() {
  static Lifecycle* const lifecycle = begin();
  return lifecycle != nullptr ? lifecycle->serve() : no_deadline_ns;
}

}  // namespace sundog::xen
