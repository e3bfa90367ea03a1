#include "examples/echo/echo.hpp"  // your service
#include "sundog/io/sim/simulate.hpp"
#include "sundog/io/sim/stack.hpp"
#include "sundog/io/sim/trouble.hpp"
using namespace sundog;
using namespace sundog::sim;

Task<void> serve(Host& host) { co_await echo::serve(SimStack(host).listen(Endpoint::any(7))); }
Task<void> ask(Host& host, Endpoint server) {
  std::array<std::byte, 1> byte = {std::byte{42}};
  SimFlow flow = co_await SimStack(host).connect(server);
  co_await flow.write(byte);
  byte = {};
  const std::size_t count = co_await flow.read(byte);
  if (count == 1 && byte[0] != std::byte{42}) host.world().fail("another byte came back");
}
void a_byte_comes_back(World& world) {
  Host& server = world.add_host("server");
  Host& client = world.add_host("client");
  const auto serve_it = [&] { return serve(server); };  // again, when a fault has ended it
  const auto ask_it = [&] { return ask(client, server.endpoint(7)); };
  server.start([&] { return until_it_works(serve_it); }, Host::Duty::serve);
  client.start([&] { return until_it_works(ask_it); });
  world.run();
}
constexpr Scenario scenarios[] = {{"byte", "a byte comes back", a_byte_comes_back}};
int main(int argc, char** argv) { return simulate_main(scenarios, argc, argv); }
