#include "sundog/io/unix/resolver.hpp"

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "sundog/io/unix/address.hpp"
#include "sundog/io/unix/offload.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

using Found = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

std::error_code error_of(int code) noexcept {
  switch (code) {
    case EAI_SYSTEM:
      SUNDOG_PROBE("the resolver failed by a system call");
      return {errno, std::system_category()};
    case EAI_NONAME:
      return ResolveError::name_not_found;
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
      return ResolveError::no_address;
    case EAI_AGAIN:
      return ResolveError::try_again;
    case EAI_MEMORY:
      return std::make_error_code(std::errc::not_enough_memory);
    default:
      return ResolveError::server_failed;
  }
}

int look_up(const std::string& name, int flags, Found& found) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
  if (code == 0) found.reset(list);
  return code;
}

std::vector<IpAddress> resolve_blocking(const std::string& name) {
  Found found(nullptr, ::freeaddrinfo);
  // Only families that this machine has addresses of.
  int code = look_up(name, AI_ADDRCONFIG, found);
  if (code == EAI_NONAME || code == EAI_ADDRFAMILY) {
    // A machine with nothing but loopback has no family that AI_ADDRCONFIG counts, yet localhost is
    // there.
    SUNDOG_PROBE("a name was looked up again, in all families");
    code = look_up(name, 0, found);
  }
  if (code != 0) throw std::system_error(error_of(code), "cannot resolve " + name);
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = found.get(); entry != nullptr; entry = entry->ai_next) {
    const IpAddress address = Endpoint(Address::from(entry->ai_addr, entry->ai_addrlen)).address();
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  }
  return addresses;
}

}  // namespace

Task<std::vector<IpAddress>> HostResolver::resolve(std::string name) {
  if (!is_name(name)) {
    throw std::system_error(ResolveError::malformed_name, "cannot resolve `" + name + "'");
  }
  auto look_up = [name = std::move(name)] { return resolve_blocking(name); };
  co_return co_await offload(std::move(look_up));
}

}  // namespace sundog
