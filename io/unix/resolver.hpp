// resolve: the addresses of a name, without blocking the loop.
//
// The host's own resolver (getaddrinfo: /etc/hosts, DNS, whatever nsswitch.conf says), on a thread.
#pragma once

#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "sundog/io/unix/address.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

// The codes of getaddrinfo (EAI_NONAME ...), as an error category.
const std::error_category& resolver_category() noexcept;

// All addresses of a host, in the order in which they should be tried (RFC 6724), with `port` in
// each. A numeric address is its own answer. Throws std::system_error of resolver_category() that
// names the host.
Task<std::vector<Address>> resolve(std::string host, std::uint16_t port);

}  // namespace sundog
