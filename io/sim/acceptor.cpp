#include "sundog/io/sim/acceptor.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include "sundog/io/sim/operation.hpp"
#include "sundog/io/sim/ports.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::sim {

Acceptor::Acceptor(Host& host, const Endpoint& wanted)
    : host_(host), object_(host.ports().next_object()), descriptor_(Descriptor::open(host)) {
  if (!descriptor_) {
    throw std::system_error(std::make_error_code(std::errc::too_many_files_open), "listen");
  }
  bound_ = bind(host, wanted, *this);
}

Acceptor::~Acceptor() { close(); }

void Acceptor::close() noexcept {
  if (std::exchange(closed_, true)) return;
  const Memory::Outside outside;
  host_.ports().remove(bound_, *this);
  for (auto& socket : backlog_) {
    socket->reset();
    socket->close();
  }
  backlog_.clear();
  descriptor_.reset();
  if (Call* call = std::exchange(parked_, nullptr)) {
    SUNDOG_PROBE("a simulated listener was closed under a call");
    host_.poller().retry(*call);
  }
}

void Acceptor::finish() noexcept {
  finishing_ = true;
  if (Call* call = std::exchange(parked_, nullptr)) {
    SUNDOG_PROBE("a simulated listener finished while a call waited");
    const Memory::Outside outside;
    host_.poller().retry(*call);
  }
}

void Acceptor::arrive(std::shared_ptr<StreamSocket> socket) {
  backlog_.push_back(std::move(socket));
  if (Call* call = std::exchange(parked_, nullptr)) host_.poller().retry(*call);
}

std::optional<int> Acceptor::accept(Call& call, SocketHandle& accepted) {
  if (closed_) return closed_meanwhile;
  if (down_) return -ENETDOWN;
  if (backlog_.empty() && finishing_) return closed_meanwhile;
  if (backlog_.empty()) {
    SUNDOG_ASSERT(parked_ == nullptr || parked_ == &call, "one call accepts from it at a time");
    parked_ = &call;
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
  if (Call* call = std::exchange(parked_, nullptr)) host_.poller().retry(*call);
}

}  // namespace sundog::sim
