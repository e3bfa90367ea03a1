#include "tests/sim/xen/front_end.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>

#include "sundog/io/xen/store/store.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::sim::xen {
namespace {

using namespace std::chrono_literals;
using sundog::xen::Store;
using sundog::xen::StoreTransaction;
using sundog::xen::StoreWatch;

// Asks until it is done.
template <class Ask>
Task<void> persist(Ask ask) {
  for (;;) {
    try {
      co_await ask();
      co_return;
    } catch (const std::system_error&) {
      // Refused, for now.
    }
    co_await sleep(10ms);
  }
}

std::string text_of(DeviceState state) { return std::to_string(static_cast<int>(state)); }

}  // namespace

FrontEnd::FrontEnd(const std::string& kind)
    : front_("device/" + kind + "/0"),
      port_(sundog::xen::allocate_unbound(0, {[](void* self) {
                                                auto* front = static_cast<FrontEnd*>(self);
                                                if (!front->has_given_up()) front->serve();
                                              },
                                              this})) {}

FrontEnd::~FrontEnd() { sundog::xen::close_port(port_); }

Task<void> FrontEnd::write_state(DeviceState state) {
  co_await persist([&] { return Store::instance().write(front_ + "/state", text_of(state)); });
}

Task<DeviceState> FrontEnd::back_state() {
  std::string text = co_await Store::instance().read(back_ + "/state");
  co_return static_cast<DeviceState>(text.empty() ? 0 : text.front() - '0');
}

Task<DeviceState> FrontEnd::wait_for(std::initializer_list<DeviceState> states) {
  const std::vector<DeviceState> wanted(states);
  DeviceState state = DeviceState::unknown;
  const auto look = [&]() -> Task<void> {
    StoreWatch watch(back_ + "/state");
    for (;;) {
      co_await watch.next();
      state = co_await back_state();
      if (std::find(wanted.begin(), wanted.end(), state) != wanted.end()) co_return;
    }
  };
  co_await persist(look);
  co_return state;
}

Task<bool> FrontEnd::connect(Keys keys, DeviceState ready) {
  const auto find = [&]() -> Task<void> {
    back_ = co_await Store::instance().read(front_ + "/backend");
  };
  co_await persist(find);
  co_await write_state(DeviceState::initialising);
  co_await wait_for({DeviceState::waiting});
  const auto offer = [&](StoreTransaction& transaction) -> Task<void> {
    for (const auto& [name, value] : keys) {
      co_await transaction.write(front_ + "/" + name, value);
    }
    co_await transaction.write(front_ + "/event-channel", std::to_string(port_));
    co_await transaction.write(front_ + "/state", text_of(ready));
  };
  co_await persist([&] { return Store::instance().transact(offer); });
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

}  // namespace sundog::sim::xen
