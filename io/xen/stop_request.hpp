// What the toolstack's poweroff, halt and reboot do to the program (io/stop_request.hpp).
#pragma once

namespace sundog::xen {

// Tells every StopRequest; ends the domain at once where there is none, as SIGTERM ends a process
// that does not listen for it.
void request_stop();

}  // namespace sundog::xen
