#include "sundog/io/xen/devices/front_end.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>

#include "sundog/io/xen/store/store.hpp"
#include "sundog/runtime/language/function_ref.hpp"
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

// Whether the toolstack still has the device: it takes its folder away, and then the domain may not
// write there either.
Task<bool> is_there(const std::string& front) {
  int error = 0;
  try {
    co_await Store::instance().read(front + "/backend");
  } catch (const std::system_error& refusal) {
    error = refusal.code().value();
  }
  co_return error != ENOENT&& error != EACCES;
}

// Asks until it is done. `front` is empty, or the folder of the device without which there is no
// more to ask.
Task<void> ask_until_done(const std::string& path, const std::string& front,
                          FunctionRef<Task<void>()> ask) {
  for (Duration pause = pause_min;; pause = std::min(2 * pause, pause_max)) {
    int error = 0;
    try {
      co_await ask();
      co_return;
    } catch (const std::system_error& refusal) {
      SUNDOG_PROBE("the store refused what a front end needs");
      error = refusal.code().value();
    }
    if (!front.empty() && (error == ENOENT || error == EACCES)) {
      const bool there = co_await is_there(front);
      if (!there) {
        SUNDOG_PROBE("a device was taken away amidst of what was asked for it");
        throw std::system_error(std::make_error_code(std::errc::no_such_device),
                                "the toolstack has taken the device away");
      }
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
  co_await ask_until_done(place.front, {}, look);
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

Task<void> FrontEnd::persist(FunctionRef<Task<void>()> ask) {
  return ask_until_done(place_.front, place_.front, ask);
}

Task<std::string> FrontEnd::read_key(std::string folder, std::string name) {
  try {
    std::string value = co_await Store::instance().read(join_text({folder, "/", name}));
    co_return value;
  } catch (const std::system_error& error) {
    if (error.code().value() != ENOENT) throw;
  }
  co_return std::string();
}

void FrontEnd::give_up(const char* why) {
  if (has_given_up()) return;
  SUNDOG_PROBE("a back end broke the protocol");
  device_log.error(
      "{}: the back end in domain {} broke the protocol: {}; it is not believed any "
      "more until it has started again",
      place_.front, place_.domain, why);
  broken_.advance();
}

Task<void> FrontEnd::write_state(DeviceState state) {
  const auto write = [&] {
    return Store::instance().write(place_.front + "/state", text_of(state));
  };
  co_await persist(write);
}

// Unknown: its keys were removed, or are not there yet.
Task<DeviceState> FrontEnd::back_state() {
  const std::string text = co_await back_key("state");
  co_return state_of(text);
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
  co_await persist(look);
  co_return state;
}

Task<bool> FrontEnd::connect(DeviceState ready) {
  DeviceState back = DeviceState::unknown;
  const auto look = [&]() -> Task<void> { back = co_await back_state(); };
  co_await persist(look);
  if (back != DeviceState::unknown && back != DeviceState::initialising &&
      back != DeviceState::waiting && back != DeviceState::closed) {
    SUNDOG_PROBE("a back end was still connected to who was here before");
    co_await close();
  }
  co_await write_state(DeviceState::initialising);
  co_await wait_for({DeviceState::waiting});
  const Keys keys = co_await offer();
  const auto write = [&](StoreTransaction& transaction) -> Task<void> {
    for (const auto& [name, value] : keys) {
      const std::string path = join_text({place_.front, "/", name});
      if (value.empty()) {
        co_await transaction.remove(path);
      } else {
        co_await transaction.write(path, value);
      }
    }
    co_await transaction.write(place_.front + "/state", text_of(ready));
  };
  const auto offer_all = [&] { return Store::instance().transact(write); };
  co_await persist(offer_all);
  back = co_await wait_for(
      {DeviceState::connected, DeviceState::closing, DeviceState::closed, DeviceState::unknown});
  co_return back == DeviceState::connected;
}

Task<void> FrontEnd::until_gone() {
  const auto see_it_go = [&]() -> Task<void> {
    co_await wait_for({DeviceState::closing, DeviceState::closed, DeviceState::unknown});
  };
  co_await pick(see_it_go(), until_broken());
}

Task<void> FrontEnd::until_broken() { co_await broken_.after(0); }

Task<void> FrontEnd::until_detached() {
  const auto look = [&]() -> Task<void> {
    StoreWatch watch(place_.front + "/backend");
    for (;;) {
      co_await watch.next();
      const std::string back = co_await front_key("backend");
      if (back != place_.back) co_return;
    }
  };
  co_await ask_until_done(place_.front, {}, look);
}

Task<void> FrontEnd::close() {
  co_await write_state(DeviceState::closing);
  co_await wait_for(
      {DeviceState::closing, DeviceState::closed, DeviceState::waiting, DeviceState::unknown});
  co_await write_state(DeviceState::closed);
  co_await wait_for({DeviceState::closed, DeviceState::waiting, DeviceState::unknown});
}

}  // namespace sundog::xen
