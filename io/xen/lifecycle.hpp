// What the toolstack asks of a running domain: control/shutdown in xenstore
// (docs/misc/xenstore-paths in Xen's tree).
//
// `xl shutdown` and `xl reboot` stop the program as SIGTERM does on Unix (io/stop_request.hpp); a
// suspend is refused, with a logged reason. Each request is acknowledged by clearing the key, as
// the toolstack expects.
#pragma once

#include <cstdint>

namespace sundog::xen {

// Called by the poller before each wait. The first time, announces what this domain can do; from
// then on, requests are served as they come, with no task. Gives the time (now_ns) at which it
// wants to be called again at the latest: to ask again for what the store refused.
std::uint64_t serve_lifecycle();

}  // namespace sundog::xen
