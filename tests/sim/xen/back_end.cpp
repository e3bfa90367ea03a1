#include "tests/sim/xen/back_end.hpp"

#include <chrono>

namespace sundog::sim::xen {
namespace {

using namespace std::chrono_literals;

constexpr Duration serve_max = 50us;
constexpr Duration slow_serve_max = 500ms;
constexpr Duration restart_max = 1s;

}  // namespace

BackEnd::BackEnd(Hypervisor& xen, StoreDaemon& store, const std::string& kind, unsigned number)
    : xen_(xen),
      world_(xen.world()),
      store_(store),
      channel_(xen.channels(), [this] { serve_later(); }),
      front_(std::string(StoreDaemon::home) + "/device/" + kind + "/" + std::to_string(number)),
      back_("/local/domain/0/backend/" + kind + "/1/" + std::to_string(number)),
      serving_(world_),
      restarting_(world_),
      attaching_(world_) {
  add();
  store_.on_change(front_ + "/state", [this] { look(); });
  set_state(DeviceState::waiting);
}

void BackEnd::add() {
  store_.write(front_ + "/backend", back_);
  store_.write(front_ + "/backend-id", "0");
  store_.write(front_ + "/state", "1");
}

void BackEnd::detach() {
  if (state_ == DeviceState::unknown) return;
  xen_.record("device detached", 0, 0);
  serving_.cancel();
  if (state_ == DeviceState::connected || state_ == DeviceState::closing) disconnect();
  state_ = DeviceState::unknown;
  store_.forbid(front_);
  store_.remove(front_);
  store_.remove(back_);
}

void BackEnd::attach() {
  if (state_ != DeviceState::unknown) return;
  xen_.record("device attached", 0, 0);
  store_.forbid({});
  add();
  announce();
  set_state(DeviceState::waiting);
}

std::uint32_t BackEnd::number(const std::string& name) const {
  const std::string text = store_.read(front_ + "/" + name);
  return text.empty() ? 0 : static_cast<std::uint32_t>(std::stoul(text));
}

void BackEnd::set_key(const std::string& name, const std::string& value) {
  store_.write(back_ + "/" + name, value);
}

void BackEnd::set_state(DeviceState state) {
  state_ = state;
  store_.write(back_ + "/state", std::to_string(static_cast<int>(state)));
}

void BackEnd::look() {
  if (state_ == DeviceState::unknown) return;
  const auto front = static_cast<DeviceState>(number("state"));
  const bool ready = front == DeviceState::initialised || front == DeviceState::connected;
  if (state_ == DeviceState::waiting && ready) {
    is_hostile_ = false;
    if (!connect()) {
      world_.fail("device: the front end offers what is not there");
      return;
    }
    set_state(DeviceState::connected);
    serve_later();
  } else if (front == DeviceState::closing && state_ == DeviceState::connected) {
    set_state(DeviceState::closing);
  } else if (front == DeviceState::closed && state_ != DeviceState::waiting) {
    serving_.cancel();
    disconnect();
    set_state(DeviceState::closed);
  } else if (front == DeviceState::initialising && state_ == DeviceState::closed) {
    announce();
    set_state(DeviceState::waiting);
  }
}

void BackEnd::restart_later() {
  restarting_.arm(world_.prng().between(0ns, restart_max), [this] { restart(); });
}

void BackEnd::restart() {
  if (state_ != DeviceState::connected) return;
  constexpr std::uint64_t one_in = 4;
  if (world_.prng().below(one_in) == 0) {
    detach();
    attaching_.arm(world_.prng().between(0ns, restart_max), [this] { attach(); });
    return;
  }
  xen_.record("back end restarts", 0, 0);
  serving_.cancel();
  disconnect();
  set_state(DeviceState::closed);
}

void BackEnd::serve_later() {
  if (world_.strikes(Fault::peer_restart)) restart_later();
  const Duration most = world_.strikes(Fault::slow_peer) ? slow_serve_max : serve_max;
  serving_.arm(world_.prng().between(0ns, most), [this] {
    if (state_ == DeviceState::connected) serve();
  });
}

bool BackEnd::strikes_hostile() {
  if (!world_.strikes(Fault::hostile_peer)) return false;
  xen_.record("back end hostile", 0, 0);
  is_hostile_ = true;
  restart_later();
  return true;
}

}  // namespace sundog::sim::xen
