// Sets up all that it shares with Xen and the toolstack twice more in the middle of its work
// (io/xen/set_up.hpp), and uses every part of it before and after. Prints what the test compares.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "sundog/io/run.hpp"
#include "sundog/io/stop_request.hpp"
#include "sundog/io/xen/grants.hpp"
#include "sundog/io/xen/set_up.hpp"
#include "sundog/io/xen/store/store.hpp"
#include "sundog/timers/sleep.hpp"

using namespace std::chrono_literals;

namespace sundog {
namespace {

// A page that this domain grants to itself, read by its reference.
std::string read_grant(const xen::Grant& grant, domid_t self) {
  std::byte copied[6] = {};
  xen::copy_from_grant(self, grant.reference(), 0, copied);
  return reinterpret_cast<const char*>(copied);
}

xen::Grant* make_grant(domid_t self, const char* text) {
  xen::SharedPage page;
  std::memcpy(page.bytes(), text, std::strlen(text));
  return new xen::Grant(self, std::move(page), xen::Grant::Access::read);
}

Task<void> work(domid_t self, const xen::Grant& grant, xen::StoreWatch& watch, int round) {
  auto& store = xen::Store::instance();
  co_await store.write("data/round", std::to_string(round));
  const std::string seen = co_await watch.next();
  const std::string value = co_await store.read(seen);
  const TimePoint before = now();
  co_await sleep(50ms);
  const bool slept = now() - before >= 50ms;
  std::printf("round %s, grant %s, %s\n", value.c_str(), read_grant(grant, self).c_str(),
              slept ? "slept" : "woke too early");
}

Task<void> again() {
  StopRequest stop;
  const std::string number = co_await xen::Store::instance().read("domid");
  const auto self = static_cast<domid_t>(std::strtoul(number.c_str(), nullptr, 10));
  const std::unique_ptr<xen::Grant> grant(make_grant(self, "first"));
  co_await xen::Store::instance().write("data/round", "0");
  xen::StoreWatch watch("data/round");
  co_await watch.next();
  for (int round = 1; round <= 3; ++round) {
    if (round != 1 && !xen::set_up()) std::puts("refused");
    co_await work(self, *grant, watch, round);
    const std::unique_ptr<xen::Grant> other(make_grant(self, "other"));
    if (read_grant(*other, self) != "other") std::puts("no new grant");
  }
  std::puts("waiting");
  co_await stop.next();
  std::puts("stopped");
}

}  // namespace
}  // namespace sundog

int main() { sundog::run(sundog::again()); }
