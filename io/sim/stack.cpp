#include "sundog/io/sim/stack.hpp"

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sundog/io/sim/operation.hpp"
#include "sundog/io/sim/ports.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::sim {
namespace {

// The networks of all hosts (world.cpp).
constexpr unsigned network_bits_v4 = 8;
constexpr unsigned network_bits_v6 = 64;

class Connect final : public Operation {
 public:
  explicit Connect(StreamSocket& socket) noexcept : Operation(socket.host()), socket_(socket) {}

 private:
  std::string_view name() const noexcept override { return "connect"; }
  std::uint64_t object() const noexcept override { return socket_.object(); }
  std::optional<int> attempt() override { return socket_.connect(*this); }
  void withdraw() noexcept override { socket_.withdraw(*this); }
  // Interrupted, it would go on by itself (connect(2)): nothing to be simulated by asking again.
  bool may_be_interrupted() const noexcept override { return false; }

  StreamSocket& socket_;
};

// Empty: no descriptor is left.
SocketHandle open_socket(Host& host, const Endpoint& remote) {
  const Memory::Outside outside;
  std::optional<Descriptor> descriptor = Descriptor::open(host);
  if (!descriptor) return {};
  const Endpoint local(host.source_for(remote.address()), host.ports().ephemeral());
  const auto socket = std::make_shared<StreamSocket>(host, local, remote);
  socket->set_descriptor(std::move(*descriptor));
  host.ports().add(socket);
  return SocketHandle(socket);
}

// Not a member: the stack may be gone, as a temporary is, when the task begins.
Task<SimFlow> connect_from(Host* host, Endpoint endpoint) {
  const Endpoint remote(endpoint.address().unmapped(), endpoint.port());
  SocketHandle socket = open_socket(*host, remote);
  if (!socket) {
    SUNDOG_PROBE("a connect found no descriptor");
    throw_error(-EMFILE, "cannot connect to " + endpoint.to_string());
  }
  const int result = co_await Connect(*socket);
  if (result < 0) throw_error(result, "cannot connect to " + endpoint.to_string());
  co_return SimFlow(std::move(socket));
}

}  // namespace

Task<SimFlow> SimStack::connect(Endpoint endpoint) { return connect_from(host_, endpoint); }

SimListener SimStack::listen(const Endpoint& endpoint) {
  const Memory::Outside outside;
  return SimListener(std::make_shared<Acceptor>(*host_, endpoint));
}

std::vector<Prefix> SimStack::addresses() const {
  return {Prefix(host_->address_v4(), network_bits_v4),
          Prefix(host_->address_v6(), network_bits_v6)};
}

}  // namespace sundog::sim
