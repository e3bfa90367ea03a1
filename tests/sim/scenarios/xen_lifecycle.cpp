// What the toolstack asks of a domain on Xen, as in images: each request is acknowledged, a stop
// reaches the program or ends the domain, and the toolstack sees the right reason.
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "sundog/io/stop_request.hpp"
#include "sundog/io/xen/devices/console.hpp"
#include "sundog/io/xen/domain.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "tests/sim/xen/console_daemon.hpp"
#include "tests/sim/xen/store_daemon.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view last_words = "the program has stopped";

class LifecycleWorld {
 public:
  explicit LifecycleWorld(World& world)
      : world_(world), xen_(world), store_(xen_), console_(xen_), asking_(world) {
    xen_.on_shutdown([this](unsigned reason) { return judge(reason); });
    listens_ = world.prng().below(2) == 0;
    // Else it may take longer than a domain waits for it at its end.
    console_is_quick_ =
        world.faults().ppm(Fault::slow_peer) == 0 && world.faults().ppm(Fault::peer_restart) == 0;
    // Where the domain may not write, nobody can wait for its acknowledgement.
    acknowledges_ = world.prng().below(4) != 0;
    before_the_end_ = acknowledges_ ? world.prng().below(4) : 0;
    if (!acknowledges_) store_.forbid(std::string(xen::StoreDaemon::home) + "/control");
    store_.on_change(request_path(), [this] { look_for_acknowledgement(); });
    ask_later();
  }

  void run() {
    xen_.run([this] { return be_a_domain(); });
    sundog::xen::exit_domain(0);
  }

 private:
  static std::string request_path() {
    return std::string(xen::StoreDaemon::home) + "/control/shutdown";
  }
  Prng& prng() { return world_.prng(); }

  // --- the toolstack
  // ------------------------------------------------------------------------------

  // Often right behind the one before, when the domain is not done with that yet.
  void ask_later() {
    const Duration pause_max = prng().below(2) == 0 ? Duration(100us) : Duration(1s);
    asking_.arm(prng().between(0ns, pause_max), [this] { ask(); });
  }
  void ask() {
    constexpr std::array<std::string_view, 3> refused = {"suspend", "crash", "s3"};
    constexpr std::array<std::string_view, 3> ends = {"poweroff", "halt", "reboot"};
    const bool at_last = before_the_end_ == 0;
    if (!at_last) --before_the_end_;
    const auto& words = at_last ? ends : refused;
    asked_ = words[prng().below(words.size())];
    waits_ = true;
    store_.write(request_path(), asked_);
    // A fault: nothing is asked, which must not be taken for a request.
    if (world_.strikes(Fault::conflict)) store_.write(request_path(), asked_);
  }
  void look_for_acknowledgement() {
    if (!waits_ || !store_.read(request_path()).empty()) return;
    waits_ = false;
    if (!is_end(asked_)) ask_later();
  }
  static bool is_end(std::string_view word) {
    return word == "poweroff" || word == "halt" || word == "reboot";
  }

  // What the toolstack says of the domain's end.
  std::string judge(unsigned reason) {
    if (!is_end(asked_)) return "lifecycle: the domain ended, and nobody had asked";
    if (acknowledges_ && !store_.read(request_path()).empty()) {
      return "lifecycle: a request was not acknowledged";
    }
    const unsigned expected = asked_ == "reboot" ? SHUTDOWN_reboot : SHUTDOWN_poweroff;
    if (reason != expected) return "lifecycle: the reason is wrong: " + std::to_string(reason);
    for (const char* name : {"poweroff", "reboot"}) {
      const std::string path = std::string(xen::StoreDaemon::home) + "/control/feature-" + name;
      if (acknowledges_ && !store_.has_refused() && store_.read(path) != "1")
        return std::string("lifecycle: no feature-") + name;
    }
    if (console_is_quick_ && listens_ && console_.output().find(last_words) == std::string::npos) {
      return "lifecycle: the console was not drained";
    }
    return {};
  }

  // --- the domain
  // ---------------------------------------------------------------------------------

  Task<void> be_a_domain() {
    std::optional<StopRequest> stop;
    if (listens_) stop.emplace();
    if (stop) {
      co_await stop->next();
    } else {
      for (;;) co_await sleep(1h);
    }
    co_await sleep(prng().between(0ns, 100ms));
    sundog::xen::write_console(last_words);
  }

  World& world_;
  xen::Hypervisor xen_;
  xen::StoreDaemon store_;
  xen::ConsoleDaemon console_;
  xen::Later asking_;
  bool listens_;
  bool acknowledges_;
  bool console_is_quick_;
  std::uint64_t before_the_end_;
  std::string_view asked_;
  bool waits_ = false;
};

}  // namespace

void simulate_xen_lifecycle(World& world) { LifecycleWorld(world).run(); }

}  // namespace sundog::sim
