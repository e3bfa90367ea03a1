#include "sundog/io/sim/acceptor.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include "sundog/io/sim/ports.hpp"
#include "sundog/io/sim/world.hpp"

namespace sundog::sim {

Acceptor::Acceptor(Host& host, const Endpoint& wanted)
    : host_(host), object_(host.ports().next_object()), descriptor_(Descriptor::open(host)) {
  if (!descriptor_) {
    throw std::system_error(std::make_error_code(std::errc::too_many_files_open), "listen");
  }
  bound_ = bind(host, wanted, *this);
}

Acceptor::~Acceptor() {
  const Memory::Outside outside;
  SUNDOG_ASSERT(parked_.empty(), "a listener was destroyed while somebody accepts from it");
  host_.ports().remove(bound_, *this);
  for (auto& socket : backlog_) {
    socket->reset();
    socket->close();
  }
}

void Acceptor::arrive(std::shared_ptr<StreamSocket> socket) {
  backlog_.push_back(std::move(socket));
  if (parked_.empty()) return;
  Call* const call = parked_.front();
  parked_.erase(parked_.begin());
  host_.poller().retry(*call);
}

std::optional<int> Acceptor::accept(Call& call, SocketHandle& accepted) {
  if (down_) return -ENETDOWN;
  if (backlog_.empty()) {
    parked_.push_back(&call);
    return std::nullopt;
  }
  if (host_.world().strikes(Fault::no_memory)) return -ENOMEM;
  std::optional<Descriptor> descriptor = Descriptor::open(host_);
  if (!descriptor) return -EMFILE;
  backlog_.front()->set_descriptor(std::move(*descriptor));
  accepted = SocketHandle(std::move(backlog_.front()));
  backlog_.pop_front();
  return 0;
}

void Acceptor::power_cut() {
  down_ = true;
  for (Call* call : std::exchange(parked_, {})) host_.poller().retry(*call);
}

}  // namespace sundog::sim
