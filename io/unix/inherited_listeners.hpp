// Sockets that listen already when the program starts, made by a service manager (systemd's socket
// activation, sd_listen_fds(3)): LISTEN_FDS of them, from descriptor 3 on, if LISTEN_PID is this
// process. The manager keeps them open, so clients that come while the program is restarted wait
// for it, and none is lost.
#pragma once

#include <optional>

#include "sundog/io/unix/address.hpp"
#include "sundog/io/unix/descriptor.hpp"

namespace sundog {

// One that nobody has taken yet: the one that is bound to `wanted`, else the first. Nothing where
// there is none. It is made fit for the current poller, and closes on exec.
std::optional<Descriptor> take_inherited_listener(const Address& wanted);

}  // namespace sundog
