// Resolver: the IP addresses of a name.
//
// An implementation MUST ensure that:
//  - resolve(name) gives addresses of both families, at least one, in the order in which they
//    should be tried (RFC 6724 section 6), each once;
//  - it throws std::system_error that names the name: a ResolveError, or what kept it from asking
//    (not_enough_memory, too_many_files_open ...);
//  - it answers in bounded time even if no server does: with try_again in the end;
//  - a name is one of DNS, of 1 to 253 bytes, with a dot at its end where no domain is to be
//    appended. Anything else is refused (malformed_name) and sent to nobody. An address in numbers
//    is not a name: resolve() below is for what people type.
//
// The host's resolver (io/unix/resolver.hpp) and the simulator's (io/sim/resolver.hpp) are
// Resolvers. generic.hpp has the platform's own.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

// Why a name has no address, as a code of std::system_error.
enum class ResolveError {
  name_not_found = 1,  // there is no such name (NXDOMAIN)
  no_address,          // there is, but it has no address
  try_again,           // the name servers did not answer, or not now
  server_failed,       // they answered that they cannot, or will not
  malformed_name,      // no name could be like this
};

// For comparisons with the code of a caught std::system_error.
const std::error_category& resolver_category() noexcept;
std::error_code make_error_code(ResolveError error) noexcept;

}  // namespace sundog

template <>
struct std::is_error_code_enum<sundog::ResolveError> : std::true_type {};

namespace sundog {

template <class R>
concept Resolver = std::movable<R> && requires(R& resolver, std::string name) {
  { resolver.resolve(name) } -> AwaitableOf<std::vector<IpAddress>>;
};

// Whether text is in the form of a name: see above.
bool is_name(std::string_view text) noexcept;

// Where a service is that people name by `name`, which may also be an address in numbers, with a
// zone or without: that is its own answer. Throws as Resolver says. `resolver` must outlive the
// task.
template <Resolver R>
Task<std::vector<Endpoint>> resolve(R& resolver, std::string name, std::uint16_t port) {
  std::vector<Endpoint> endpoints;
  if (const auto number = IpAddress::try_parse(name)) {
    endpoints.emplace_back(*number, port);
    co_return endpoints;
  }
  const std::vector<IpAddress> addresses = co_await resolver.resolve(std::move(name));
  for (const IpAddress& address : addresses) endpoints.emplace_back(address, port);
  co_return endpoints;
}

}  // namespace sundog
