#include "io/xen/lifecycle.hpp"

#include <string>

#include "io/xen/domain.hpp"
#include "io/xen/stop_request.hpp"
#include "io/xen/store_link.hpp"
#include "runtime/log.hpp"

namespace sundog::xen {
namespace {

log::Source lifecycle_log("xen");

constexpr const char* request_path = "control/shutdown";

// Watches the key, and reads it at each change. Some toolstacks make no control directory, or let
// the domain not write to it: what comes of writing is not looked at, and the requests still come.
class Lifecycle final : StoreClient {
 public:
  Lifecycle() : StoreClient(StoreLink::instance()) {
    write("control/feature-poweroff", "1");
    write("control/feature-reboot", "1");
    StoreLink::instance().watch(XS_WATCH, number(), request_path);
  }

 private:
  static void write(std::string path, const char* value) {
    StoreLink::instance().send(XS_WRITE, 0, 0, terminated(std::move(path)) + value);
  }

  void changed(std::string) override {
    StoreLink::instance().send(XS_READ, number(), 0, terminated(request_path));
  }

  // Empty is what an acknowledged request leaves.
  void answered(StoreMessage& reply) override {
    if (reply.type != XS_READ || reply.payload.empty()) return;
    const std::string& request = reply.payload;
    write(request_path, "");
    if (request == "poweroff" || request == "halt" || request == "reboot") {
      lifecycle_log.info("the toolstack asks for {}", request);
      if (request == "reboot") reboot_at_exit();
      request_stop();
    } else {
      lifecycle_log.warning("the toolstack asks for {}: refused, this image cannot do it", request);
    }
  }
};

}  // namespace

void serve_lifecycle() { static Lifecycle lifecycle; }

}  // namespace sundog::xen
