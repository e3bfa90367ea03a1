// Where log.hpp's messages go on Xen: the domain's console, a line each.
#pragma once

namespace sundog::xen {

// Has them go there from now on.
void log_to_console() noexcept;

}  // namespace sundog::xen
