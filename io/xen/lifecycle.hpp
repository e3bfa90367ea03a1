// What the toolstack asks of a running domain: control/shutdown in xenstore
// (docs/misc/xenstore-paths in Xen's tree).
//
// `xl shutdown` and `xl reboot` stop the program as SIGTERM does on Unix (io/stop_request.hpp); a
// suspend is refused, with a logged reason. Each request is acknowledged by clearing the key, as
// the toolstack expects.
#pragma once

namespace sundog::xen {

// Announces what this domain can do and serves requests from now on, out of the poller. No task
// waits for them: a program that waits for nothing else is deadlocked.
void serve_lifecycle();

}  // namespace sundog::xen
