// Names that no name server is asked for, as they mean the same everywhere (RFC 6761).
#pragma once

#include <optional>
#include <vector>

#include "sundog/io/dns/name.hpp"
#include "sundog/io/ip_address.hpp"

namespace sundog::net {

// The addresses of "localhost" and of all names below it: this machine's own; none for names at
// and below "invalid", which do not exist. Nothing for any other name. Throws std::bad_alloc.
std::optional<std::vector<IpAddress>> special_addresses(const dns::Name& name);

}  // namespace sundog::net
