// Xenstore from inside, step by step with the commands that the test runs in dom0 (see
// test_xenstore in tests/xen/run.py).
#include <chrono>
#include <cstdio>
#include <string>
#include <system_error>

#include "sundog/io/run.hpp"
#include "sundog/io/xen/store/store.hpp"
#include "tests/xen/guests/await_value.hpp"
#include "sundog/timers/sleep.hpp"

using namespace std::chrono_literals;

namespace sundog {
namespace {

Task<void> read_and_write() {
  auto& store = xen::Store::instance();
  const std::string name = co_await store.read("name");
  std::printf("name %s\n", name.c_str());
  co_await store.write("data/greeting", "hello from the guest");
  co_await store.write("data/long", std::string(2000, 'x'));  // more than a ring holds
  const std::string back = co_await store.read("data/long");
  std::printf("long %zu\n", back.size());
  const auto names = co_await store.list("data");
  for (const std::string& entry : names) std::printf("entry %s\n", entry.c_str());
  try {
    co_await store.read("data/missing");
  } catch (const std::system_error& error) {
    std::printf("missing %s\n", error.code().message().c_str());
  }
  try {
    co_await store.write("/local/domain/0/mine", "no");
  } catch (const std::system_error& error) {
    std::printf("forbidden %s\n", error.code().message().c_str());
  }
}

// The first try is spoiled on purpose: what the transaction has read is changed behind its back.
Task<void> conflict() {
  auto& store = xen::Store::instance();
  int tries = 0;
  co_await store.write("data/counter", "1");
  const auto body = [&](xen::StoreTransaction& transaction) -> Task<void> {
    ++tries;
    const std::string seen = co_await transaction.read("data/counter");
    if (tries == 1) co_await store.write("data/counter", "5");
    co_await transaction.write("data/counter", std::to_string(std::stoi(seen) + 1));
  };
  co_await store.transact(body);
  const std::string counter = co_await store.read("data/counter");
  std::printf("conflict: %d tries, counter %s\n", tries, counter.c_str());
}

Task<void> store_program() {
  co_await read_and_write();
  co_await conflict();
  std::puts("ready");
  const std::string word = co_await await_value("data/word");
  std::printf("word %s\n", word.c_str());
}

}  // namespace
}  // namespace sundog

int main() { sundog::run(sundog::store_program()); }
