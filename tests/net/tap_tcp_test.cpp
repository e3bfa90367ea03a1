// TCP of Sundog's stack opposite the host's own, over a TAP device in a network of the test's: bulk
// transfers each way, many connections at once, curl.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/connect.hpp"
#include "sundog/io/http/fetch.hpp"
#include "sundog/io/http/serve.hpp"
#include "sundog/io/http/server.hpp"
#include "sundog/io/net/direct_stack.hpp"
#include "sundog/io/unix/stack.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/stack.hpp"
#include "tests/net/own_network.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using test::expect;

namespace {

constexpr IpAddress ours = IpAddress::parse("192.0.2.1");
constexpr IpAddress theirs = IpAddress::parse("192.0.2.254");
constexpr std::size_t many_bytes = std::size_t{64} * 1024 * 1024;

// Of bytes in order; quick without a compiler's help.
class Hash {
 public:
  void add(Bytes bytes) noexcept {
    for (; bytes.size() >= 8 && count_ % 8 == 0; bytes = bytes.subspan(8)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), 8);
      state_ = (state_ ^ word) * 0x9e3779b97f4a7c15;
      state_ ^= state_ >> 29;
      count_ += 8;
    }
    for (const std::byte byte : bytes) {
      word_ |= std::to_integer<std::uint64_t>(byte) << (8 * (count_ % 8));
      if (++count_ % 8 != 0) continue;
      state_ = (state_ ^ word_) * 0x9e3779b97f4a7c15;
      state_ ^= state_ >> 29;
      word_ = 0;
    }
  }
  bool operator==(const Hash&) const = default;

 private:
  std::uint64_t state_ = 1;
  std::uint64_t word_ = 0;
  std::uint64_t count_ = 0;
};

// In pieces that are no multiple of anything.
template <Flow F>
Task<Hash> send_many(F& flow, std::size_t bytes) {
  Hash hash;
  std::vector<std::byte> piece(99'991);
  std::uint64_t number = 1;
  for (std::size_t sent = 0; sent < bytes;) {
    number = number * 6364136223846793005 + 1442695040888963407;
    std::memset(piece.data(), static_cast<int>(number >> 56), piece.size());
    std::memcpy(piece.data(), &number, sizeof number);
    const Bytes part = Bytes(piece).first(std::min(piece.size(), bytes - sent));
    hash.add(part);
    co_await flow.write(part);
    sent += part.size();
  }
  co_await flow.shutdown();
  co_return hash;
}

template <Flow F>
Task<Hash> receive_many(F& flow) {
  Hash hash;
  std::vector<std::byte> buffer(256 * 1024);
  for (;;) {
    const std::size_t count = co_await flow.read(MutableBytes(buffer));
    if (count == 0) co_return hash;
    hash.add(Bytes(buffer).first(count));
  }
}

// One word of all lines of /proc/net/snmp with this name: a counter of the host's stack.
std::uint64_t counter_of_host(const std::string& group, const std::string& name) {
  std::ifstream file("/proc/net/snmp");
  const auto words_of = [](const std::string& line) {
    std::vector<std::string> words;
    std::size_t at = 0;
    while (at < line.size()) {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      words.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    return words;
  };
  for (std::string names, values; std::getline(file, names) && std::getline(file, values);) {
    const auto keys = words_of(names);
    const auto place = std::ranges::find(keys, name);
    if (keys.front() != group + ":" || place == keys.end()) continue;
    return std::stoull(words_of(values)[static_cast<std::size_t>(place - keys.begin())]);
  }
  throw std::runtime_error("the host does not count " + name);
}

Task<void> transfers_both_ways(net::DirectHost& machine) {
  net::DirectStack direct(machine);
  HostStack host;
  auto our_listener = direct.listen(Endpoint(ours, 80));
  auto their_listener = host.listen(Endpoint(theirs, 80));
  // Opened by either side, one after the other; data goes each way at the same time.
  for (const bool we_connect : {true, false}) {
    const auto exchange = [](auto& one, auto& other) -> Task<void> {
      auto [sent, returned, got, back] =
          co_await join(send_many(one, many_bytes), send_many(other, many_bytes),
                        receive_many(other), receive_many(one));
      expect(sent == got, "what the one has sent is what the other got");
      expect(returned == back, "and the other way round");
    };
    if (we_connect) {
      auto [client, server] = co_await join(contract::connect_to(direct, Endpoint(theirs, 80)),
                                            contract::accept_from(their_listener));
      co_await exchange(client, server);
    } else {
      auto [client, server] = co_await join(contract::connect_to(host, Endpoint(ours, 80)),
                                            contract::accept_from(our_listener));
      co_await exchange(client, server);
    }
  }
  expect(machine.ip().statistics4().wrong_checksums == 0, "no checksum was wrong here");
  expect(machine.tcp().statistics().timeouts == 0, "nothing was lost");
  expect(counter_of_host("Tcp", "InCsumErrors") == 0, "no checksum was wrong there");
  expect(counter_of_host("Tcp", "InErrs") == 0, "no segment was wrong there");
}

Task<void> many_at_once(net::DirectHost& machine) {
  constexpr int count = 200;
  net::DirectStack direct(machine);
  HostStack host;
  auto our_listener = direct.listen(Endpoint::any(80));
  auto their_listener = host.listen(Endpoint(theirs, 80));
  int echoed = 0;
  const auto echo = [](auto flow) -> Task<void> {
    std::array<std::byte, 4096> buffer{};
    for (;;) {
      const std::size_t size = co_await flow.read(buffer);
      if (size == 0) break;
      co_await flow.write(Bytes(buffer).first(size));
    }
    co_await flow.shutdown();
  };
  const auto serve = [&](auto& listener) -> Task<void> {
    co_await scope([&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < count; ++i) {
        auto flow = co_await listener.accept();
        tasks.spawn(echo(std::move(flow)));
      }
    });
  };
  const auto ask = [&](auto& stack, Endpoint peer, int number) -> Task<void> {
    auto flow = co_await stack.connect(peer);
    const std::string sent = std::to_string(number) + std::string(10'000, 'x');
    co_await flow.write(as_bytes(sent));
    co_await flow.shutdown();
    std::string got;
    std::array<std::byte, 4096> buffer{};
    for (;;) {
      const std::size_t size = co_await flow.read(buffer);
      if (size == 0) break;
      got.append(reinterpret_cast<const char*>(buffer.data()), size);
    }
    expect(got == sent, "what is echoed is what was sent");
    ++echoed;
  };
  const auto ask_all = [&](auto& stack, Endpoint peer) -> Task<void> {
    co_await scope([&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < count; ++i) tasks.spawn(ask(stack, peer, i));
      co_return;
    });
  };
  co_await join(serve(our_listener), serve(their_listener), ask_all(direct, Endpoint(theirs, 80)),
                ask_all(host, Endpoint(ours, 80)));
  expect(echoed == 2 * count, "everybody was answered");
}

constexpr std::size_t page_bytes = 3'000'000;

Task<void> serves_curl(net::DirectHost& machine) {
  const auto handler = [](auto& exchange) -> Task<void> {
    const std::string page(page_bytes, 'p');
    exchange.start(http::Status::ok);
    co_await exchange.send(page);
  };
  http::Server server(net::DirectStack(machine).listen(Endpoint::any(80)), handler);
  const auto ask = [&]() -> Task<void> {
    const bool fetched = co_await test::succeeds(
        {"sh", "-c",
         "test $(curl -sf --max-time 20 http://192.0.2.1/ | tr -d '\\n' | wc -c) = " +
             std::to_string(page_bytes)});
    expect(fetched, "curl gets the page from us");
    const bool again = co_await test::succeeds(
        {"sh", "-c",
         "curl -sf --max-time 20 http://192.0.2.1/[1-50] | wc -c | grep -qx " +
             std::to_string(50 * page_bytes)});
    expect(again, "and fifty more on one connection");
  };
  co_await pick(server.run(), ask());
  // We fetch from a server on the host's stack.
  http::Server their_server(HostStack().listen(Endpoint(theirs, 8080)), handler);
  const auto fetch = [&]() -> Task<void> {
    const auto dial = [&](std::string, std::uint16_t port) -> Task<net::DirectConnection> {
      return net::DirectStack(machine).connect(Endpoint(theirs, port));
    };
    const http::Response response = co_await http::fetch(dial, "http://192.0.2.254:8080/");
    expect(response.content == std::string(page_bytes, 'p'), "we get their page");
  };
  co_await pick(their_server.run(), fetch());
}

}  // namespace

TEST_CASE("64 MiB each way between Sundog's TCP and the host's have the same hash") {
  test::opposite_the_host(&transfers_both_ways);
}

TEST_CASE("two hundred connections each way at once between Sundog's TCP and the host's") {
  test::opposite_the_host(&many_at_once);
}

TEST_CASE("curl fetches from a service on Sundog's TCP, which fetches from the host's") {
  if (!test::has_program("curl")) {
    WARN("left out: there is no curl here");
    return;
  }
  test::opposite_the_host(&serves_curl);
}
