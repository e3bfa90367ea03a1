// What the server asks of the heap: nothing while it serves, and nothing that it cannot be refused.
#include <array>
#include <string>

#include "sundog/io/embedded_files.hpp"
#include "sundog/io/http/serve.hpp"
#include "sundog/io/http/serve_files.hpp"
#include "sundog/runtime/frame_pool.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/allocations.hpp"
#include "tests/catch.hpp"
#include "tests/http/memory_flow.hpp"

using namespace sundog;
using namespace sundog::http;

namespace {

constexpr unsigned char page[] = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9'};
const EmbeddedFile files[] = {{"index.html", page, Digest::from_hex("11"), 784111777}};
const EmbeddedFiles store(files);
const auto handler = [](auto& exchange) { return serve_files(store, exchange); };

constexpr std::string_view request =
    "GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: somebody\r\nAccept: */*\r\n\r\n";

// Asks `count` times, one after the other, on a connection that is served.
Task<void> ask_repeatedly(MemoryFlow& client, std::size_t count) {
  std::array<std::byte, 1024> response;
  for (std::size_t i = 0; i < count; ++i) {
    co_await client.write(as_bytes(request));
    const std::size_t size = co_await client.read(response);
    if (size < 100) throw std::runtime_error("no response");
  }
}

}  // namespace

TEST_CASE("a connection in steady state allocates nothing") {
  const auto test = []() -> Task<std::uint64_t> {
    auto pair = memory_flow_pair();
    MemoryFlow client = std::move(pair.first);
    std::uint64_t allocated = 0;
    const auto body = [&](Scope& tasks) -> Task<void> {
      ServerOptions options;
      options.wall_clock_s = [] { return std::int64_t{784111777}; };
      tasks.spawn(serve(std::move(pair.second), handler, options));
      co_await ask_repeatedly(client, 100);
      const std::uint64_t before = test::allocation_count();
      co_await ask_repeatedly(client, 1000);
      allocated = test::allocation_count() - before;
      co_await client.shutdown();
    };
    co_await scope(body);
    co_return allocated;
  };
  const std::uint64_t allocated = run_virtual(test());
  if (SUNDOG_POOL_BYPASSED == 0) CHECK(allocated == 0);
}

TEST_CASE("any allocation may fail: the connection or the request fails, nothing is lost") {
  const auto conversation = []() -> Task<void> {
    auto pair = memory_flow_pair();
    MemoryFlow client = std::move(pair.first);
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(serve(std::move(pair.second), handler));
      co_await ask_repeatedly(client, 2);
      co_await client.shutdown();
    };
    co_await scope(body);
  };
  const log::Level level = log::general.level();
  log::general.set_level(log::Level::off);  // it would report each of the failures
  std::size_t survivors = 0;
  for (bool failed = true; failed; ++survivors) {
    const test::FailingAllocation failing(survivors);
    try {
      run_virtual(conversation());
    } catch (const std::exception&) {  // bad_alloc, or the client that got no response
    }
    failed = failing.failed();
  }
  log::general.set_level(level);
  CHECK(survivors > 1);
}
