// Questions over UDP: asked again until the right answer comes, whatever happens to the datagrams.
#include <array>
#include <chrono>
#include <cstring>

#include "sundog/io/sim/datagram.hpp"
#include "sundog/io/sim/trouble.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t service_port = 53;
constexpr std::uint16_t client_port = 40000;
constexpr Duration patience = 300ms;

// A number and its complement, so that a flipped bit is seen.
struct Message {
  std::uint64_t number = 0;
  std::uint64_t complement = ~std::uint64_t{0};
  bool intact() const noexcept { return number == ~complement; }
};

Message message_with(std::uint64_t number) { return {number, ~number}; }
std::uint64_t answer_to(std::uint64_t number) { return number * 3 + 1; }

Task<void> answer_questions(Host& host) {
  SimDatagrams socket(host, Endpoint::any(service_port));
  for (;;) {
    Message message;
    const SimDatagrams::Received received =
        co_await socket.receive(std::as_writable_bytes(std::span(&message, 1)));
    if (received.size != sizeof message || !message.intact()) continue;
    message = message_with(answer_to(message.number));
    co_await socket.send(std::as_bytes(std::span(&message, 1)), received.peer);
  }
}

Task<void> wait_for_answer(World& world, SimDatagrams& socket, std::uint64_t question) {
  for (;;) {
    Message message;
    const SimDatagrams::Received received =
        co_await socket.receive(std::as_writable_bytes(std::span(&message, 1)));
    if (received.size != sizeof message) world.fail("datagrams: one has another size");
    if (message.intact() && message.number == answer_to(question)) co_return;
  }
}

Task<void> ask_questions(Host& host, Endpoint server, std::uint64_t count) {
  SimDatagrams socket(host, Endpoint::any(client_port));
  for (std::uint64_t question = 0; question < count; ++question) {
    for (bool answered = false; !answered;) {
      const Message message = message_with(question);
      co_await socket.send(std::as_bytes(std::span(&message, 1)), server);
      answered = co_await try_timeout(wait_for_answer(host.world(), socket, question), patience);
    }
  }
}

}  // namespace

void simulate_datagrams(World& world) {
  constexpr std::uint64_t questions_max = 20;
  Host& server = world.add_host("server");
  server.allow_power_cuts();
  const auto answer = [&] { return answer_questions(server); };
  server.start([&] { return until_it_works(answer); }, Host::Duty::serve);
  Host& client = world.add_host("client");
  const std::uint64_t count = world.prng().between(1, questions_max);
  const auto ask = [&] { return ask_questions(client, server.endpoint(service_port), count); };
  client.start([&] { return until_it_works(ask); });
  world.run();
}

}  // namespace sundog::sim
