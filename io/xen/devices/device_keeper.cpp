#include "sundog/io/xen/devices/device_keeper.hpp"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "sundog/io/xen/store/store_wire.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/join_text.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::xen {
namespace {

using namespace std::chrono_literals;

log::Source keeper_log("device");

// Between two meetings of which nobody is to blame.
constexpr Duration pause_usual = 10ms;
// A toolstack adds a domain's devices before it lets it run.
constexpr Duration search_usual = 1s;
// How long what was begun may take to be done, before the parting begins.
constexpr Duration finish_max = 1s;

const char* how_to_add(const std::string& kind) noexcept {
  return kind == "vif" ? "vif = [ 'bridge=xenbr0' ] in its xl configuration, or "
                         "`xl network-attach`"
                       : "a line for it in the xl configuration, or `xl block-attach`";
}

}  // namespace

// Has a part of a meeting's end told, however it ends.
class DeviceKeeper::AtTheEnd {
 public:
  using Told = void (DeviceKeeper::*)(FrontEnd&) noexcept;
  AtTheEnd(DeviceKeeper& keeper, Told told, FrontEnd& front) noexcept
      : keeper_(keeper), told_(told), front_(front) {}
  ~AtTheEnd() { (keeper_.*told_)(front_); }

 private:
  DeviceKeeper& keeper_;
  const Told told_;
  FrontEnd& front_;
};

DeviceKeeper::DeviceKeeper(std::string kind, unsigned number, DeviceState ready)
    : kind_(std::move(kind)), number_(number), ready_(ready) {}

std::string DeviceKeeper::name() const { return join_text({kind_, " ", Decimal(number_)}); }

Task<void> DeviceKeeper::until_stopped() {
  const auto asked = [&]() -> Task<void> { co_await stopped_.after(0); };
  co_await pick(asked(), until_cancelled());
}

Task<void> DeviceKeeper::until_meeting_again() { co_await again_.after(again_seen_); }

Task<void> DeviceKeeper::rest(Duration pause) { co_await pick(sleep(pause), until_stopped()); }

// Says, once, what is missing, and waits on.
Task<void> DeviceKeeper::complain() {
  co_await sleep(search_usual);
  keeper_log.warning("this domain has no {}: waiting for one ({})", name(), how_to_add(kind_));
  co_await until_stopped();
}

Task<void> DeviceKeeper::search(BackEndPlace& place) {
  const auto find = [&]() -> Task<void> { place = co_await find_back_end(kind_, number_); };
  co_await pick(find(), complain(), until_stopped());
}

Task<void> DeviceKeeper::run() {
  Duration failure_pause = failure_pause_min;
  for (;;) {
    BackEndPlace place{};
    co_await search(place);
    if (stopping() || cancel_requested()) co_return;
    const bool went_well = co_await meet(std::move(place));
    if (stopping() || cancel_requested()) co_return;
    const Duration pause = went_well ? pause_usual : failure_pause;
    co_await rest(pause);
    failure_pause = went_well ? failure_pause_min : std::min(2 * failure_pause, failure_pause_max);
  }
}

// From the hand-shake to the parting. What fails for this back end ends this meeting, and not the
// next. False: it failed, for want of memory or by the back end's fault.
Task<bool> DeviceKeeper::meet(BackEndPlace place) {
  try {
    const std::unique_ptr<FrontEnd> front = make(place);
    const AtTheEnd at_the_end(*this, &DeviceKeeper::parted, *front);
    again_seen_ = again_.count();
    bool is_connected = false;
    const auto connect = [&]() -> Task<void> { is_connected = co_await front->connect(ready_); };
    co_await pick(connect(), front->until_detached(), until_stopped());
    if (is_connected) co_await use(*front);
    co_await try_timeout(part(*front), patience);
    co_return !front->has_given_up();
  } catch (const std::bad_alloc&) {
    keeper_log.warning("{}: there is no memory for it: give the domain more", name());
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_device) co_return true;
    SUNDOG_PROBE("no grant or event channel for a device");
    keeper_log.warning("{}: {}", name(), error.what());
  }
  co_return false;
}

Task<void> DeviceKeeper::use(FrontEnd& front) {
  connected(front);
  const AtTheEnd at_the_end(*this, &DeviceKeeper::disconnected, front);
  bool is_there = false;
  const auto until_unwanted = [&]() -> Task<void> {
    co_await pick(until_stopped(), until_meeting_again());
    is_there = true;
  };
  std::exception_ptr store_broken;
  try {
    co_await pick(front.until_gone(), front.until_detached(), attend(front), until_unwanted());
  } catch (const StoreBroken&) {
    store_broken = std::current_exception();
  }
  // The rings need no store: the device stays in use, though nobody tells of its back end's end.
  if (store_broken) co_await pick(front.until_broken(), until_unwanted());
  if (is_there) co_await try_timeout(finish_with(front), finish_max);
  if (store_broken) std::rethrow_exception(store_broken);
}

Task<void> DeviceKeeper::finish_with(FrontEnd& front) {
  co_await pick(finish(front), front.until_broken());
}

Task<void> DeviceKeeper::part(FrontEnd& front) {
  co_await pick(front.close(), front.until_detached());
}

}  // namespace sundog::xen
