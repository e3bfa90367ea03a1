#include "sundog/io/xen/lifecycle.hpp"

#include <cerrno>
#include <cstdint>
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

constexpr std::uint64_t pause_ns = 1'000'000'000;

// Watches the key, and reads it at each change. Some toolstacks make no control directory, or let
// the domain not write to it: what comes of writing is not looked at, and the requests still come.
//
// As a task this reads from top to bottom (announce; then for ever: read, acknowledge, obey, wait
// for a change) and would be the way to write it. But it is linked into every image, and a program
// may need none of what a task stands on: hello grew by 4.5 KB, sleep by 2.4 KB. So it is a state
// machine, whose steps are taken by the store's answers:
//
//   announcing ---> reading ---> acknowledging      to the right when all that was asked of the
//    ^                ^ | ^            |            store has been answered, and then obey()
//    |       change   | v |            |
//    |               idle +------------+            back when the key has changed meanwhile, or
//    |                                              else to idle
//    +-- pausing <--- from each, when the store has refused what it needs; serve() ends the pause
//
// One step at a time: a key that was read twice would be emptied twice, and the second time it may
// hold the next request.
class Lifecycle final : StoreClient {
 public:
  explicit Lifecycle(StoreLink& link) : StoreClient(link), link_(link) { announce(); }

  // Gives the time at which it wants to be called again at the latest.
  std::uint64_t serve() {
    if (step_ == Step::pausing && now_ns() >= pause_end_ns_) announce();
    return step_ == Step::pausing ? pause_end_ns_ : no_deadline_ns;
  }

 private:
  enum class Step : std::uint8_t { announcing, reading, acknowledging, idle, pausing };

  // Says what this domain can do, and listens. All of it again after a pause: no harm if most of it
  // had been done.
  void announce() {
    step_ = Step::announcing;
    write("control/feature-poweroff", "1");
    write("control/feature-reboot", "1");
    if (watched_) return read();
    ++unanswered_count_;
    link_.watch(XS_WATCH, number(), request_path);
  }
  void read() {
    step_ = Step::reading;
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
    if (step_ == Step::idle) read();
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
    lifecycle_log.warning("the store refuses {} ({}): asking again in a second", request_path,
                          error);
    refused_ = true;
  }

  // The step that was under way is done.
  void go_on() {
    if (std::exchange(refused_, false)) {
      step_ = Step::pausing;
      pause_end_ns_ = now_ns() + pause_ns;
      request_.clear();  // it will be read again
    } else if (step_ == Step::reading && !request_.empty()) {
      // Empty is what an acknowledged request leaves. The store must have it before the domain may
      // end.
      step_ = Step::acknowledging;
      write(request_path, "");
    } else {
      step_ = Step::idle;
      obey();
      if (changed_) read();
    }
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
  Step step_ = Step::announcing;
  unsigned unanswered_count_ = 0;
  bool watched_ = false;
  bool changed_ = false;  // since it was last read
  bool refused_ = false;  // in this step
  std::string request_;   // read, and not obeyed yet
  std::uint64_t pause_end_ns_ = 0;
};

// Null where there is no store, and will be none.
Lifecycle* begin() {
  try {
    static Lifecycle lifecycle(StoreLink::instance());
    return &lifecycle;
  } catch (const StoreMissing& error) {
    lifecycle_log.warning("cannot hear the toolstack: {}", error.what());
    return nullptr;
  }
}

}  // namespace

std::uint64_t serve_lifecycle() {
  static Lifecycle* const lifecycle = begin();
  return lifecycle != nullptr ? lifecycle->serve() : no_deadline_ns;
}

}  // namespace sundog::xen
