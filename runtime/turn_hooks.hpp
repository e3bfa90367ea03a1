// TurnHook: what the main loop calls in every turn, as a base class. Services use hooks.hpp, which
// takes any function.
//
// The list goes through the hooks themselves: no memory is allocated, and a program without such
// hooks contains nothing of std::function.
#pragma once

#include "sundog/runtime/language/list.hpp"

namespace sundog {

class TurnHooks;

// In its list for as long as it lives, which may end while it is called.
class TurnHook : private ListLink {
 protected:
  explicit inline TurnHook(TurnHooks& list) noexcept;
  inline ~TurnHook();

 private:
  friend class TurnHooks;
  friend class List<TurnHook>;
  virtual void call() = 0;

  TurnHooks& list_;
};

// The hooks of one loop.
class TurnHooks {
 public:
  // In the order in which they were added. Any of them may be removed meanwhile; one that is added
  // meanwhile is called in the next turn at the latest.
  void call() {
    for (next_ = hooks_.first(); next_ != nullptr;) {
      TurnHook& hook = *next_;
      next_ = hooks_.after(hook);
      hook.call();
    }
  }

 private:
  friend class TurnHook;
  void remove(TurnHook& hook) noexcept {
    if (next_ == &hook) next_ = hooks_.after(hook);
    hooks_.remove(hook);
  }

  List<TurnHook> hooks_;
  TurnHook* next_ = nullptr;  // who is called next, while they are being called
};

TurnHook::TurnHook(TurnHooks& list) noexcept : list_(list) { list.hooks_.add(*this); }
TurnHook::~TurnHook() { list_.remove(*this); }

}  // namespace sundog
