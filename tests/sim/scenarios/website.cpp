// The website's service of examples/website, unchanged, and clients that use Sundog's own
// http::fetch: what they get is what is there, whole, or an error.
#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <exception>

#include "examples/website/site.hpp"
#include "sundog/io/connect.hpp"
#include "sundog/io/embedded_files.hpp"
#include "sundog/io/http/fetch.hpp"
#include "sundog/io/sim/resolver.hpp"
#include "sundog/io/sim/stack.hpp"
#include "sundog/io/sim/trouble.hpp"
#include "sundog/io/sim/wall_clock.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t http_port = 80;
constexpr Duration first_patience = 2s;
constexpr Duration patience_max = 10min;

constexpr std::array<unsigned char, 10'000> make_page() {
  std::array<unsigned char, 10'000> page{};
  for (std::size_t i = 0; i < page.size(); ++i) page[i] = static_cast<unsigned char>(i * i >> 3);
  return page;
}
constexpr std::array<unsigned char, 10'000> large_page = make_page();
constexpr unsigned char small_page[] = {'h', 'e', 'l', 'l', 'o'};
const EmbeddedFile files[] = {
    {"index.html", small_page, Digest::from_hex("51"), 784111777},
    {"large.bin", large_page, Digest::from_hex("1a"), 784111777},
};
const EmbeddedFiles pages(files);

std::string text_of(std::span<const unsigned char> page) { return {page.begin(), page.end()}; }

Task<void> never_told() {
  const auto never_resolved = wait<void>();
  co_await never_resolved.first;
}

Task<void> serve(Host& host) {
  http::ServerOptions options;
  options.wall_clock_s = [clock = SimWallClock(host)] {
    return std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch().count();
  };
  auto listener = SimStack(host).listen(Endpoint::any(http_port));
  co_await website::serve_site(pages, std::move(listener), never_told(), options);
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

Task<void> be_a_client(Host& host) {
  World& world = host.world();
  const Expected expected = draw(world.prng());
  SimStack stack(host);
  SimResolver resolver(host);
  const auto connect_to = [&](std::string name, std::uint16_t port) {
    return connect(stack, resolver, std::move(name), port);
  };
  http::FetchOptions options;
  options.timeout = first_patience;
  for (bool again = false;; again = true) {
    try {
      if (again) co_await sleep(world.prng().between(0ns, 1s));
      const http::Response response =
          co_await http::fetch(connect_to, "http://server" + expected.path, options);
      // A server without memory says so, where it still can.
      const bool failed = response.status == http::Status::internal_server_error;
      if (failed && world.faults().runs_short_of_memory()) continue;
      // A request may be cut in two by a link that stands still for longer than the server waits.
      if (response.status == http::Status::request_timeout) continue;
      const bool same = response.status == expected.status &&
                        (expected.content.empty() || response.content == expected.content);
      if (!same) {
        world.fail("website: another response than what is there: to " + expected.path + " " +
                   std::to_string(static_cast<unsigned>(response.status)) + " with " +
                   std::to_string(response.content.size()) + " bytes");
      }
      co_return;
    } catch (const std::exception& error) {
      expect_trouble(error);  // then the request is made again
    }
    options.timeout = std::min<Duration>(2 * options.timeout, patience_max);
    co_await yield();
  }
}

Task<void> be_clients(Host& host, std::uint64_t count) {
  const auto body = [&](Scope& tasks) -> Task<void> {
    for (std::uint64_t i = 0; i < count; ++i) tasks.spawn(be_a_client(host));
    co_return;
  };
  co_await scope(body);
}

}  // namespace

void simulate_website(World& world) {
  constexpr std::uint64_t clients_max = 6;
  Host& server = world.add_host("server");
  server.allow_power_cuts();
  const auto serve_here = [&] { return serve(server); };
  server.start([&] { return until_it_works(serve_here); }, Host::Duty::serve);
  Host& client = world.add_host("client");
  const std::uint64_t count = world.prng().between(1, clients_max);
  const auto be_all = [&] { return be_clients(client, count); };
  client.start([&] { return until_it_works(be_all); });
  world.run();
}

}  // namespace sundog::sim
