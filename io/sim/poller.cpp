#include "sundog/io/sim/poller.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "sundog/io/sim/host.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::sim {

using namespace std::chrono_literals;

namespace {

// From the caller to the kernel and back, each.
constexpr Duration crossing_max = 20us;
constexpr Duration slow_completion_max = 50ms;
constexpr Duration late_cancel_max = 100ms;

}  // namespace

TimePoint SimPoller::now() const noexcept { return host_.clock().read(host_.world().now_ns()); }

void SimPoller::begin(Call& call) {
  const Memory::Outside outside;
  SUNDOG_ASSERT(call.state_ == Call::State::idle, "a call is begun once at a time");
  World& world = host_.world();
  call.state_ = Call::State::waiting;
  call.cancelled_ = false;
  ++under_way_;
  call.arrival_ = world.after(world.prng().between(0ns, crossing_max), [this, &call] {
    call.arrival_.reset();
    arrive(call);
  });
}

void SimPoller::arrive(Call& call) {
  World& world = host_.world();
  if (!host_.powered()) {
    SUNDOG_PROBE("a call came to a host without power");
    return complete(call, -ENETDOWN);
  }
  if (call.may_be_interrupted()) {
    if (world.strikes(Fault::interrupted)) return complete(call, -EINTR);
    if (world.strikes(Fault::try_again)) return complete(call, -EAGAIN);
  }
  retry(call);
}

void SimPoller::retry(Call& call) {
  if (const std::optional<int> result = call.attempt()) complete(call, *result);
}

void SimPoller::cancel(Call& call) noexcept {
  const Memory::Outside outside;
  if (call.state_ != Call::State::waiting || call.cancelled_) return;
  call.cancelled_ = true;
  World& world = host_.world();
  const Duration delay = world.strikes(Fault::late_cancel)
                             ? world.prng().between(0ns, late_cancel_max)
                             : world.prng().between(0ns, crossing_max);
  call.cancellation_ = world.after(delay, [this, &call] {
    call.cancellation_.reset();
    call.withdraw();
    complete(call, -ECANCELED);
  });
}

void SimPoller::complete(Call& call, int result) {
  World& world = host_.world();
  if (call.arrival_) {
    SUNDOG_PROBE("a call was cancelled before it came to the kernel");
    world.events().cancel(*call.arrival_);
  }
  if (call.cancellation_) {
    SUNDOG_PROBE("a result overtook the cancellation");
    world.events().cancel(*call.cancellation_);
  }
  call.arrival_.reset();
  call.cancellation_.reset();
  call.state_ = Call::State::done;
  call.result_ = result;
  host_.record(call.name(), call.object(), result);
  if (world.strikes(Fault::slow_completion)) {
    world.after(world.prng().between(0ns, slow_completion_max), [this, &call] { deliver(call); });
  } else {
    deliver(call);
  }
}

void SimPoller::deliver(Call& call) {
  done_.push_back(&call);
  host_.wake();
}

void SimPoller::wait(TimePoint deadline) {
  const Memory::Outside outside;
  World& world = host_.world();
  std::vector<Call*> delivered = std::move(done_);
  done_.clear();
  world.prng().shuffle(delivered);
  if (delivered.size() > 1 && world.strikes(Fault::partial_delivery)) {
    const auto some = static_cast<std::ptrdiff_t>(world.prng().between(1, delivered.size()));
    done_.assign(delivered.begin() + some, delivered.end());
    delivered.erase(delivered.begin() + some, delivered.end());
  }
  for (Call* call : delivered) {
    call->state_ = Call::State::idle;
    --under_way_;
    call->completed(call->result_);
  }
  next_turn_ns_ = host_.clock().when(deadline);
}

}  // namespace sundog::sim
