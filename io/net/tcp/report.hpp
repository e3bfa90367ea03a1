// What TCP has counted and what is known of its connections, as text for people: for a log, or a
// page of the service's own.
#pragma once

#include <string>

#include "sundog/io/net/tcp/statistics.hpp"
#include "sundog/io/net/tcp/tcp.hpp"
#include "sundog/io/net/tcp/tcp_socket.hpp"

namespace sundog::net::tcp {

// A line for each counter: its name in RFC 4022 or, beyond that, here; and the number. All throw
// std::bad_alloc.
std::string report(const Statistics& statistics);

// One line, as `ss -ti` has it: state, both ends, round trip, windows, what waits, what was lost.
std::string report(const TcpSocket& socket);

// The counters, how much there is of what, and a line for each connection.
std::string report(const Tcp& tcp);

}  // namespace sundog::net::tcp
