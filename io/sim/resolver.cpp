#include "sundog/io/sim/resolver.hpp"

#include <chrono>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sundog/io/sim/network.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration answer_max = 100ms;
constexpr Duration question_pause = 1s;

// Names are the same in capital and small letters, and with a dot at their end (RFC 1034 section
// 3.1).
std::string plain(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

[[noreturn]] void fail(ResolveError error, const std::string& name) {
  throw std::system_error(error, "cannot resolve `" + name + "'");
}

// Not a member: the resolver may be gone, as a temporary is, when the task begins.
Task<std::vector<IpAddress>> resolve_from(Host* host, std::string name) {
  if (!is_name(name)) fail(ResolveError::malformed_name, name);
  World& world = host->world();
  for (int question = 1; world.strikes(Fault::datagram_loss); ++question) {
    if (question == SimResolver::questions_max) {
      SUNDOG_PROBE("nobody answered for a name");
      fail(ResolveError::try_again, name);
    }
    co_await sleep(question_pause);
  }
  co_await sleep(world.prng().between(0ns, answer_max));
  const Host* found = world.network().find(plain(name));
  if (found == nullptr) fail(ResolveError::name_not_found, name);
  std::vector<IpAddress> addresses;
  addresses.push_back(found->address_v6());
  addresses.push_back(found->address_v4());
  co_return addresses;
}

}  // namespace

Task<std::vector<IpAddress>> SimResolver::resolve(std::string name) {
  return resolve_from(host_, std::move(name));
}

}  // namespace sundog::sim
