#include "sundog/io/xen/store/store_seed.hpp"

#include <cstdint>
#include <string>

#include "sundog/io/xen/block.hpp"
#include "sundog/io/xen/devices/console.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/seed.hpp"
#include "sundog/io/xen/store/store_link.hpp"

namespace sundog::xen {
namespace {

constexpr const char* path = "data/seed";
constexpr std::uint64_t patience_ns = 1'000'000'000;

class Seed final : public StoreClient {
 public:
  explicit Seed(StoreLink& link) : StoreClient(link) {
    link.send(XS_READ, number(), 0, terminated(path));
  }

  bool is_answered = false;

 private:
  void answered(StoreMessage& reply) override {
    is_answered = true;
    if (reply.type != XS_READ || reply.payload.empty()) return;
    keep_seed(reply.payload);
    StoreLink::instance().send(XS_RM, 0, 0, terminated(path));
  }
  void changed(std::string) override {}
  void lost() override { is_answered = true; }
};

}  // namespace

void take_seed() {
  try {
    const Seed seed(StoreLink::instance());
    const std::uint64_t deadline_ns = now_ns() + patience_ns;
    while (!seed.is_answered && now_ns() < deadline_ns) block_until(deadline_ns);
  } catch (const StoreMissing&) {
    // Then there is no seed.
  }
}

void take_seed_at_boot() {
  std::uint64_t unused;
  if (processor_random(unused)) return;
  take_seed();
  if (!kept_seed().empty()) return;
  write_console(
      "sundog: this processor has no random numbers, and data/seed holds no seed: what should be "
      "secret can be guessed\n");
}

}  // namespace sundog::xen
