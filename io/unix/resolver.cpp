#include "sundog/io/unix/resolver.hpp"

#include <netdb.h>

#include <cerrno>
#include <memory>

#include "sundog/io/unix/offload.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

class ResolverCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "resolver"; }
  std::string message(int code) const override { return ::gai_strerror(code); }
};

std::vector<Address> resolve_blocking(const std::string& host, std::uint16_t port) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  // Only families that this machine has addresses of.
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code == EAI_NONAME || code == EAI_ADDRFAMILY) {
    // A machine with nothing but loopback has no family that AI_ADDRCONFIG counts, yet localhost is
    // there.
    SUNDOG_PROBE("a name was looked up again, in all families");
    hints.ai_flags = 0;
    code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  }
  if (code == EAI_SYSTEM) {
    SUNDOG_PROBE("the resolver failed by a system call");
    throw std::system_error(errno, std::system_category(), "cannot resolve " + host);
  }
  if (code != 0) {
    SUNDOG_PROBE("a name was not found");
    throw std::system_error(code, resolver_category(), "cannot resolve " + host);
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    addresses.push_back(Address::from(entry->ai_addr, entry->ai_addrlen));
    addresses.back().set_port(port);
  }
  return addresses;
}

}  // namespace

const std::error_category& resolver_category() noexcept {
  static const ResolverCategory category;
  return category;
}

Task<std::vector<Address>> resolve(std::string host, std::uint16_t port) {
  auto look_up = [host = std::move(host), port] { return resolve_blocking(host, port); };
  co_return co_await offload(std::move(look_up));
}

}  // namespace sundog
