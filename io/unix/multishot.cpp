#include "sundog/io/unix/multishot.hpp"

#include "sundog/runtime/language/probe.hpp"

namespace sundog::detail {

void Multishot::start() noexcept {
  state_ = State::receiving;
  UnixPoller::current().begin(*this);
  hear();
}

void Multishot::stop() noexcept {
  if (state_ != State::receiving) return;
  state_ = State::stopping;
  UnixPoller::current().cancel(*this);
}

void Multishot::hear() noexcept {
  const bool unheard = receiving() && !is_waited_for();
  if (unheard == unheard_) return;
  unheard_ = unheard;
  // A poller that ends collects its last answers when it is nobody's current one any more.
  UnixPoller* poller = Current<UnixPoller>::find();
  if (poller == nullptr) return;
  unheard ? poller->add_unheard() : poller->remove_unheard();
}

void Multishot::completed(int result, bool more, bool) noexcept {
  if (result >= 0) came(result);
  if (state_ == State::abandoned) drop();
  if (more) {
    if (state_ == State::receiving && is_full()) {
      SUNDOG_PROBE("more came than was taken");
      stop();
    }
    hear();
    return;
  }
  const bool abandoned = state_ == State::abandoned;
  state_ = State::idle;
  hear();
  if (abandoned) {
    delete this;
  } else {
    ended(result);
  }
}

void Multishot::abandon() noexcept {
  drop();
  if (state_ == State::idle) {
    delete this;
    return;
  }
  const bool asked_to_stop = state_ == State::stopping;
  state_ = State::abandoned;
  hear();
  if (!asked_to_stop) UnixPoller::current().cancel(*this);
}

}  // namespace sundog::detail
