#include "sundog/io/xen/devices/front_end.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>

#include "sundog/io/xen/store/store.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/join_text.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::xen {
namespace {

using namespace std::chrono_literals;

log::Source device_log("xenbus");

constexpr Duration pause_min = 10ms;
constexpr Duration pause_max = 1s;

// Asks until it is done.
template <class Ask>
Task<void> persist(const std::string& path, Ask ask) {
  for (Duration pause = pause_min;; pause = std::min(2 * pause, pause_max)) {
    int error = 0;
    try {
      co_await ask();
      co_return;
    } catch (const std::system_error& refusal) {
      SUNDOG_PROBE("the store refused what a front end needs");
      error = refusal.code().value();
    }
    if (pause == pause_min) {
      device_log.warning("the store refuses what belongs to {} ({}): asking again", path, error);
    }
    co_await sleep(pause);
  }
}

std::string text_of(DeviceState state) {
  return std::string(std::string_view(Decimal(static_cast<int>(state))));
}

// "6" is closed; what is no number of a state counts as unknown.
DeviceState state_of(std::string_view text) {
  const auto number = take_number(text);
  if (!number || *number > static_cast<unsigned>(DeviceState::closed)) return DeviceState::unknown;
  return static_cast<DeviceState>(*number);
}

}  // namespace

Task<BackEndPlace> find_back_end(std::string kind, unsigned number) {
  BackEndPlace place{join_text({"device/", kind, "/", Decimal(number)}), {}, 0};
  const auto look = [&]() -> Task<void> {
    StoreWatch watch(place.front);
    for (;;) {
      co_await watch.next();
      try {
        std::string domain = co_await Store::instance().read(place.front + "/backend-id");
        std::string back = co_await Store::instance().read(place.front + "/backend");
        std::string_view digits = domain;
        const auto found = take_number(digits);
        if (!found || *found >= DOMID_FIRST_RESERVED || back.empty()) continue;
        place.domain = static_cast<domid_t>(*found);
        place.back = std::move(back);
        co_return;
      } catch (const std::system_error& error) {
        if (error.code().value() != ENOENT) throw;  // else the watch tells when it is there
      }
    }
  };
  co_await persist(place.front, look);
  co_return place;
}

FrontEnd::FrontEnd(BackEndPlace place)
    : place_(std::move(place)),
      port_(allocate_unbound(place_.domain, {[](void* self) {
                                               auto* front = static_cast<FrontEnd*>(self);
                                               if (!front->has_given_up()) front->serve();
                                             },
                                             this})) {}

FrontEnd::~FrontEnd() { close_port(port_); }

Task<void> FrontEnd::write_state(DeviceState state) {
  const auto write = [&] {
    return Store::instance().write(place_.front + "/state", text_of(state));
  };
  co_await persist(place_.front, write);
}

Task<DeviceState> FrontEnd::back_state() {
  try {
    const std::string text = co_await Store::instance().read(place_.back + "/state");
    co_return state_of(text);
  } catch (const std::system_error& error) {
    if (error.code().value() != ENOENT) throw;
  }
  co_return DeviceState::unknown;  // its keys were removed, or are not there yet
}

Task<DeviceState> FrontEnd::wait_for(std::initializer_list<DeviceState> states) {
  const std::vector<DeviceState> wanted(states);
  DeviceState state = DeviceState::unknown;
  const auto look = [&]() -> Task<void> {
    StoreWatch watch(place_.back + "/state");
    for (;;) {
      co_await watch.next();
      state = co_await back_state();
      if (std::find(wanted.begin(), wanted.end(), state) != wanted.end()) co_return;
    }
  };
  co_await persist(place_.back, look);
  co_return state;
}

Task<bool> FrontEnd::connect(Keys keys, DeviceState ready) {
  co_await write_state(DeviceState::initialising);
  co_await wait_for({DeviceState::waiting});
  const auto offer = [&](StoreTransaction& transaction) -> Task<void> {
    for (const auto& [name, value] : keys) {
      co_await transaction.write(join_text({place_.front, "/", name}), value);
    }
    co_await transaction.write(place_.front + "/event-channel",
                               std::string(std::string_view(Decimal(port_))));
    co_await transaction.write(place_.front + "/state", text_of(ready));
  };
  co_await persist(place_.front, [&] { return Store::instance().transact(offer); });
  const DeviceState state = co_await wait_for({DeviceState::connected, DeviceState::closed});
  co_return state == DeviceState::connected;
}

Task<void> FrontEnd::until_gone() {
  const auto see_it_go = [&]() -> Task<void> {
    co_await wait_for({DeviceState::closing, DeviceState::closed, DeviceState::unknown});
  };
  const auto see_it_break = [&]() -> Task<void> { co_await broken_.after(0); };
  co_await pick(see_it_go(), see_it_break());
}

Task<void> FrontEnd::close() {
  co_await write_state(DeviceState::closing);
  co_await wait_for({DeviceState::closing, DeviceState::closed, DeviceState::waiting});
  co_await write_state(DeviceState::closed);
  co_await wait_for({DeviceState::closed, DeviceState::waiting});
}

}  // namespace sundog::xen
