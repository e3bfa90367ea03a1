// What a domain sets up with Xen and the toolstack: the shared info page, event channels, clocks,
// the console, and, where the program uses them, grants and the store. Done once at boot.
// It can be done again, and then makes everything again, as a domain must that was suspended and
// continues elsewhere: Xen has forgotten all of it by then.
#pragma once

namespace sundog::xen {

// A part that not every program has: it joins when it is first used, having set itself up.
struct SetUpStep {
  void (*run)();
  SetUpStep* next = nullptr;
};
void add_set_up_step(SetUpStep& step) noexcept;

// False: Xen refuses the shared info page, and nothing works without it. Throws what the steps
// throw.
bool set_up();

}  // namespace sundog::xen
