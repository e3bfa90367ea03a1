// Sockets of the load client: connected to the server on the loopback, errors end the run.
#pragma once

#include <netinet/in.h>

#include <cstddef>

namespace sundog::bench {

constexpr std::size_t request_size = 64;

// Prints `what` and errno's words, and ends the run, if `result` is negative.
int require(int result, const char* what);

// `type` is SOCK_STREAM or SOCK_DGRAM. The server is reached at 127.0.0.(1 + host): each host gives
// another set of port pairs, so that short connections do not run out of them.
int connected_socket(int type, int port, unsigned host = 0);

void set_nonblocking(int fd);

// Sends all of it at once; a loopback socket has room for what this client keeps under way.
void send_all(int fd, const void* bytes, std::size_t size);

}  // namespace sundog::bench
