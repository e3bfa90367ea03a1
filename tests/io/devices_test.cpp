// The kinds of device that keep bytes, send frames, and know dates and secrets, in a configuration.
#include "sundog/io/devices.hpp"

#include <array>
#include <cstdint>
#include <ranges>
#include <string>

#include "sundog/io/describe.hpp"
#include "sundog/io/generic.hpp"
#include "sundog/io/memory/block.hpp"
#include "sundog/io/memory/key_value.hpp"
#include "sundog/io/memory/network_cable.hpp"
#include "sundog/io/run.hpp"
#include "tests/catch.hpp"

using namespace sundog;

namespace {

// One end of a cable whose other end nobody holds.
struct LooseEnd : CableEnd {
  LooseEnd() : CableEnd(network_cable().first) {}
};

struct Machine : Configuration {
  Machine() : Configuration("Has one of each.") {}
  BlockDevice<MemoryBlock> disk{*this, "disk", std::uint64_t{16}};
  MutableKeyValueDevice<MemoryKeyValue> notes{*this, "notes"};
  NetworkDevice<LooseEnd> network{*this, "network"};
  RandomDevice<GenericRandom> random{*this, "random"};
  WallClockDevice<GenericWallClock> clock{*this, "clock"};
};

Task<void> use(Machine& machine) {
  for (DeviceBase* device : machine.devices()) co_await device->connect();
  CHECK(machine.disk->geometry().sector_count == 16);
  co_await machine.notes->set("a", as_bytes("b"));
  CHECK_FALSE(machine.network->link_up());
  std::array<std::byte, 16> bytes{};
  machine.random->fill(bytes);
  CHECK(bytes != std::array<std::byte, 16>{});
  CHECK(machine.clock->now() > WallTime());
  for (DeviceBase* device : machine.devices() | std::views::reverse) device->disconnect();
}

}  // namespace

TEST_CASE("a disk, a store, a network, random bytes and a clock are devices of a configuration") {
  Machine machine;
  run(use(machine));
  const std::string text = describe_as_text(machine, "machine", "Unix");
  for (const char* kind : {"Block ", "MutableKeyValue", "Network ", "Random ", "WallClock"}) {
    CAPTURE(kind);
    CHECK(text.find(kind) != text.npos);
  }
}
