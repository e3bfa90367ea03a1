// TurnHook: what the main loop calls in every turn, as a base class. Services use hooks.hpp, which
// takes any function.
//
// The list goes through the hooks themselves: no memory is asked for, and nothing of std::function
// is in a program that has no such hook.
#pragma once

namespace sundog {

class TurnHooks;

// In its list for as long as it lives. It must not remove itself while it is called.
class TurnHook {
 public:
  TurnHook(const TurnHook&) = delete;
  TurnHook& operator=(const TurnHook&) = delete;

 protected:
  explicit inline TurnHook(TurnHooks& list) noexcept;
  inline ~TurnHook();

 private:
  friend class TurnHooks;
  virtual void call() = 0;

  TurnHooks& list_;
  TurnHook* next_ = nullptr;
};

class TurnHooks {
 public:
  // In the order in which they were added.
  void call() {
    for (TurnHook* hook = first_; hook != nullptr; hook = hook->next_) hook->call();
  }

 private:
  friend class TurnHook;
  // Where the pointer to this hook is; for null, the end.
  TurnHook*& place_of(const TurnHook* wanted) noexcept {
    TurnHook** place = &first_;
    while (*place != wanted) place = &(*place)->next_;
    return *place;
  }

  TurnHook* first_ = nullptr;
};

TurnHook::TurnHook(TurnHooks& list) noexcept : list_(list) { list.place_of(nullptr) = this; }
TurnHook::~TurnHook() { list_.place_of(this) = next_; }

}  // namespace sundog
