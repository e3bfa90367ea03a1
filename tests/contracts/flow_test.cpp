// The contract of Flow, on every implementation.
#include "tests/contracts/flow.hpp"

#include <utility>

#include "sundog/io/run.hpp"
#include "tests/contracts/stack.hpp"
#include "tests/contracts/worlds.hpp"
#include "tests/http/memory_flow.hpp"

using namespace sundog;

namespace {

// Connections of a stack.
template <class Machine>
struct ConnectionsOf : Machine {
  void run(auto body) {
    Machine::run([&](Machine&) { return body(*this); });
  }
  auto flows() -> Task<std::pair<typename decltype(Machine().stack())::Connection,
                                 typename decltype(Machine().stack())::Connection>> {
    auto stack = Machine::stack();
    auto listener = stack.listen(Endpoint::loopback(0));
    const Endpoint bound = listener.local_address();
    auto [client, server] =
        co_await join(contract::connect_to(stack, bound), contract::accept_from(listener));
    co_return std::pair(std::move(client), std::move(server));
  }
};

struct LocalSockets {
  void run(auto body) {
    test::on_each_poller([&] { return body(*this); });
  }
  Task<std::pair<Socket, Socket>> flows() { co_return Socket::pair(); }
  std::size_t many_bytes = 8 << 20;
};

struct InMemory {
  void run(auto body) { http::run_virtual(body(*this)); }
  Task<std::pair<http::MemoryFlow, http::MemoryFlow>> flows() {
    auto flows = http::memory_flow_pair();
    flows.first.outgoing().capacity = 50'000;
    flows.second.outgoing().piece_max = 99;
    co_return std::move(flows);
  }
  std::size_t many_bytes = 500'000;
};

}  // namespace

TEST_CASE("a TCP socket of the host keeps the contract of Flow") {
  contract::flow(ConnectionsOf<contract::OnThisHost>());
}

TEST_CASE("a local socket keeps the contract of Flow") { contract::flow(LocalSockets()); }

TEST_CASE("a simulated connection keeps the contract of Flow") {
  contract::flow(ConnectionsOf<contract::Simulated>());
}

TEST_CASE("the tests' flow in memory keeps the contract of Flow") { contract::flow(InMemory()); }
