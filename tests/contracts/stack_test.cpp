// The contracts of Stack and Datagram, on every implementation.
#include "tests/contracts/stack.hpp"

#include "tests/contracts/datagram.hpp"
#include "tests/contracts/worlds.hpp"

using namespace sundog;

TEST_CASE("the host's sockets keep the contract of Stack") {
  contract::stack(contract::OnThisHost());
}

TEST_CASE("a simulated host's network keeps the contract of Stack") {
  contract::stack(contract::Simulated());
}

TEST_CASE("the host's UDP sockets keep the contract of Datagram") {
  contract::datagram(contract::OnThisHost());
}

TEST_CASE("a simulated host's UDP sockets keep the contract of Datagram") {
  contract::datagram(contract::Simulated());
}
