// The end of the domain, as Xen and the toolstack see it.
#pragma once

namespace sundog::xen {

// Ends the domain the way a process exits: status 0 powers it off, any other counts as a crash, so
// that the toolstack's on_crash rule (restart, say) acts on failures. The console is drained first,
// and says the status when it is not 0.
[[noreturn]] void exit_domain(int status) noexcept;

// Asked for by `xl reboot`: the next exit_domain reports a reboot instead of a power-off.
void reboot_at_exit() noexcept;

}  // namespace sundog::xen
