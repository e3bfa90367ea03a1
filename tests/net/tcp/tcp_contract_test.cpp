// The contracts of Stack, Listener and Flow on Sundog's own stack: a machine that talks to itself,
// and two with a cable or a simulated LAN between them.
#include <memory>
#include <optional>
#include <utility>

#include "sundog/io/net/direct_stack.hpp"
#include "sundog/runtime/join.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/flow.hpp"
#include "tests/contracts/stack.hpp"
#include "tests/net/direct_worlds.hpp"

using namespace sundog;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t buffer_bytes_max = 256 * 1024;

// Small buffers, so that a test need not write much until nothing more fits.
void keep_little(net::DirectHost& host) {
  host.tcp().settings().receive_buffer_max = buffer_bytes_max;
  host.tcp().settings().send_buffer_max = buffer_bytes_max;
}

using Flows = std::pair<net::DirectConnection, net::DirectConnection>;

Task<Flows> connected(net::DirectHost& client_host, net::DirectHost& server_host,
                      IpAddress address) {
  keep_little(client_host);
  keep_little(server_host);
  net::DirectStack client_stack(client_host);
  auto listener = net::DirectStack(server_host).listen(Endpoint(address, 0));
  auto [client, server] =
      co_await join(contract::connect_to(client_stack, listener.local_address()),
                    contract::accept_from(listener));
  co_return Flows(std::move(client), std::move(server));
}

// Connections between the two machines of a world.
template <class Machines>
struct ConnectionsOf : Machines {
  void run(auto body) {
    Machines::run([&](Machines&) { return body(*this); });
  }
  Task<Flows> flows() {
    return connected(*this->left, *this->right, IpAddress::parse("192.0.2.2"));
  }
  std::size_t many_bytes = 4 * buffer_bytes_max;
};

struct ConnectionsToItself : test::OnLoopback {
  void run(auto body) {
    test::OnLoopback::run([&](test::OnLoopback&) { return body(*this); });
  }
  Task<Flows> flows() { return connected(*host, *host, IpAddress::loopback_v4()); }
  std::size_t many_bytes = 4 * buffer_bytes_max;
};

}  // namespace

TEST_CASE("a machine that talks to itself keeps the contract of Stack") {
  contract::stack(test::OnLoopback());
}

TEST_CASE("a connection of a machine to itself keeps the contract of Flow") {
  contract::flow(ConnectionsToItself());
}

TEST_CASE("a connection over a cable keeps the contract of Flow") {
  contract::flow(ConnectionsOf<test::OnCable>());
}

TEST_CASE("a connection over a simulated LAN keeps the contract of Flow") {
  contract::flow(ConnectionsOf<test::OnSimulatedLan>());
}
