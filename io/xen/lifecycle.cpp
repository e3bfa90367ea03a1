#include "sundog/io/xen/lifecycle.hpp"

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "sundog/io/xen/block.hpp"
#include "sundog/io/xen/domain.hpp"
#include "sundog/io/xen/stop_request.hpp"
#include "sundog/io/xen/store/store_link.hpp"
#include "sundog/runtime/text/join_text.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::xen {
namespace {

log::Source lifecycle_log("xen");

constexpr const char* request_path = "control/shutdown";

constexpr std::uint64_t retry_pause_ns = 1'000'000'000;

// Watches the key, and reads it at each change. Some toolstacks make no control directory, or let
// the domain not write to it: what comes of writing is not looked at, and the requests still come.
//
// One thing at a time: it goes on when everything it has asked of the store was answered. A key
// that was read twice would be emptied twice, and the second time it may hold the next request.
class Lifecycle final : StoreClient {
 public:
  explicit Lifecycle(StoreLink& link) : StoreClient(link), link_(link) { begin(); }

  std::uint64_t serve() {
    if (retry_ns_ != no_deadline_ns && now_ns() >= retry_ns_) {
      retry_ns_ = no_deadline_ns;
      begin();
    }
    return retry_ns_;
  }

 private:
  // Says what this domain can do, and listens. All of it again after a refusal: no harm if most of
  // it had been done.
  void begin() {
    write("control/feature-poweroff", "1");
    write("control/feature-reboot", "1");
    if (watched_) return read();
    ++unanswered_count_;
    link_.watch(XS_WATCH, number(), request_path);
  }
  void read() {
    changed_ = false;
    ++unanswered_count_;
    link_.send(XS_READ, number(), 0, terminated(request_path));
  }
  void write(std::string_view path, std::string_view value) {
    ++unanswered_count_;
    link_.send(XS_WRITE, number(), 0, join_text({terminated(path), value}));
  }

  void lost() override { obey(); }
  void changed(std::string) override {
    watched_ = true;
    changed_ = true;
    if (unanswered_count_ == 0 && retry_ns_ == no_deadline_ns) read();
  }
  void answered(StoreMessage& reply) override {
    if (reply.type == XS_READ) request_ = std::move(reply.payload);
    if (reply.type == XS_ERROR) refused(store_error(reply.payload));
    if (unanswered_count_ == 0 || --unanswered_count_ > 0) return;
    go_on();
  }

  void refused(int error) {
    // A key that is not there is no request, and one that may not be written needs no answer. (The
    // watch tells of the key once as soon as it stands.)
    if (error == EACCES) {
      SUNDOG_PROBE("the toolstack lets the domain not write to its control directory");
    }
    if (watched_ && (error == ENOENT || error == EACCES)) return;
    SUNDOG_PROBE("the store refused what the lifecycle needs");
    lifecycle_log.warning("the store refuses {} ({}): once more in a second", request_path, error);
    refused_ = true;
  }

  void go_on() {
    const bool acknowledged = std::exchange(acknowledging_, false);
    if (std::exchange(refused_, false)) {
      request_.clear();  // it will be read again
      retry_ns_ = now_ns() + retry_pause_ns;
    } else if (!request_.empty() && !acknowledged) {
      acknowledge();
    } else {
      obey();
      if (changed_) read();
    }
  }

  // Empty is what an acknowledged request leaves. The store must have it before the domain may end.
  void acknowledge() {
    acknowledging_ = true;
    write(request_path, "");
  }
  void obey() {
    const std::string taken = std::exchange(request_, {});
    const std::string_view request = taken;
    if (request.empty()) return;
    if (request == "poweroff" || request == "halt" || request == "reboot") {
      lifecycle_log.info("the toolstack asks for {}", request);
      if (request == "reboot") reboot_at_exit();
      request_stop();
    } else {
      lifecycle_log.warning("the toolstack asks for {}: refused, this image cannot do it", request);
    }
  }

  StoreLink& link_;
  unsigned unanswered_count_ = 0;
  bool watched_ = false;
  bool changed_ = false;  // since it was last read
  bool refused_ = false;  // something that is still to be asked again
  bool acknowledging_ = false;
  std::string request_;  // read, and not obeyed yet
  std::uint64_t retry_ns_ = no_deadline_ns;
};

// Null where there is no store, and will be none.
Lifecycle* begin() {
  try {
    static Lifecycle lifecycle(StoreLink::instance());
    return &lifecycle;
  } catch (const StoreMissing& error) {
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
