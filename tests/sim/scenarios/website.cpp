// The website's service of examples/website, unchanged, and clients that use Sundog's own
// http::fetch: what they get is what is there, whole, or an error.
#include <array>
#include <chrono>
#include <string>
#include <system_error>

#include "examples/website/site.hpp"
#include "io/embedded_files.hpp"
#include "io/http/fetch.hpp"
#include "io/sim/flow.hpp"
#include "runtime/future.hpp"
#include "runtime/scope.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "timers/sleep.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t http_port = 80;
constexpr Duration first_patience = 2s;

constexpr std::array<unsigned char, 10'000> make_page() {
  std::array<unsigned char, 10'000> page{};
  for (std::size_t i = 0; i < page.size(); ++i) page[i] = static_cast<unsigned char>(i * i >> 3);
  return page;
}
constexpr std::array<unsigned char, 10'000> large_page = make_page();
constexpr unsigned char small_page[] = {'h', 'e', 'l', 'l', 'o'};
const EmbeddedFile files[] = {
    {"index.html", small_page, "\"small\"", 784111777},
    {"large.bin", large_page, "\"large\"", 784111777},
};
const EmbeddedFiles pages(files);

std::string text_of(std::span<const unsigned char> page) { return {page.begin(), page.end()}; }

Task<SimListener> listen(Host& host) {
  for (;;) {
    try {
      co_return SimStack(host).listen(http_port);
    } catch (const std::system_error&) {
      // Out of descriptors: others will close theirs.
    }
    co_await sleep(100ms);
  }
}

Task<void> never_told() {
  const auto never_resolved = wait<void>();
  co_await never_resolved.first;
}

Task<void> serve(Host& host) {
  SimListener listener = co_await listen(host);
  co_await website::serve_site(pages, std::move(listener), never_told(), http::ServerOptions());
}

// A path, and what must be found there.
struct Expected {
  std::string path;
  http::Status status;
  std::string content;
};

Expected draw(Prng& prng) {
  switch (prng.below(3)) {
    case 0:
      return {"/", http::Status::ok, text_of(small_page)};
    case 1:
      return {"/large.bin", http::Status::ok, text_of(large_page)};
    default:
      return {"/missing", http::Status::not_found, ""};
  }
}

Task<void> be_a_client(Host& host, Address server) {
  World& world = host.world();
  const Expected expected = draw(world.prng());
  const auto connect = [&host, server](std::string, std::uint16_t) {
    return SimStack(host).connect(server);
  };
  http::FetchOptions options;
  options.timeout = first_patience;
  for (;;) {
    try {
      const http::Response response =
          co_await http::fetch(connect, "http://server" + expected.path, options);
      const bool same = response.status == expected.status &&
                        (expected.content.empty() || response.content == expected.content);
      if (!same) world.fail("website: another response than what is there");
      co_return;
    } catch (const std::system_error&) {
      // A request may fail for any reason; then it is made again.
    }
    options.timeout *= 2;
    co_await sleep(world.prng().between(0ns, 1s));
  }
}

Task<void> be_clients(Host& host, Address server, std::uint64_t count) {
  const auto body = [&](Scope& tasks) -> Task<void> {
    for (std::uint64_t i = 0; i < count; ++i) tasks.spawn(be_a_client(host, server));
    co_return;
  };
  co_await scope(body);
}

}  // namespace

void simulate_website(World& world) {
  constexpr std::uint64_t clients_max = 6;
  Host& server = world.add_host("server");
  server.allow_power_cuts();
  server.start([&] { return serve(server); }, Host::Duty::serve);
  Host& client = world.add_host("client");
  const std::uint64_t count = world.prng().between(1, clients_max);
  client.start([&] { return be_clients(client, server.address(http_port), count); });
  world.run();
}

}  // namespace sundog::sim
