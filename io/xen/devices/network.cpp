#include "sundog/io/xen/devices/network.hpp"

#include "sundog/io/turn.hpp"
#include "sundog/io/xen/devices/network_port.hpp"

namespace sundog {

Task<XenNetwork> XenNetwork::connect(unsigned number, std::size_t memory_bytes) {
  // Gives up the port if this is cancelled.
  XenNetwork network(xen::NetworkPort::open(number, memory_bytes));
  co_await network.port_->until_known();
  co_return network;
}

Task<XenNetwork> XenNetwork::connect(Parts& parts, unsigned number) {
  return connect(number, parts.memory->bytes);
}

Task<XenNetwork> XenNetwork::connect(Parts& parts) { return connect(parts, 0); }

XenNetwork::~XenNetwork() {
  if (port_ != nullptr) port_->abandon();
}

MacAddress XenNetwork::mac() const noexcept { return port_->mac(); }
std::size_t XenNetwork::mtu() const noexcept { return port_->mtu(); }
Offloads XenNetwork::offloads() const noexcept { return port_->offloads(); }
bool XenNetwork::link_up() const noexcept { return port_->up(); }

Task<bool> XenNetwork::link_changed(bool known) {
  xen::NetworkPort& port = *port_;
  port.use();
  while (port.up() == known) co_await turn_in(port.link_line(), "change of a network's link");
  co_return !known;
}

TransmitBuffer XenNetwork::try_buffer(std::size_t size) {
  port_->use();
  return port_->try_buffer(size);
}
Task<TransmitBuffer> XenNetwork::buffer(std::size_t size) {
  port_->use();
  return port_->buffer(size);
}

void XenNetwork::send(TransmitBuffer buffer, const PacketOffload& offload) noexcept {
  port_->send(buffer.release(), offload);
}
void XenNetwork::send(TransmitBuffer buffer, LentPayload& payload,
                      const PacketOffload& offload) noexcept {
  SUNDOG_ASSERT(payload.pieces.empty(), "more pieces than the device gathers");
  port_->send(buffer.release(), offload);
  payload.released();
}

ReceivedPacket XenNetwork::try_receive() {
  port_->use();
  return port_->try_receive();
}

Task<ReceivedPacket> XenNetwork::receive() {
  xen::NetworkPort& port = *port_;
  port.use();
  for (;;) {
    ReceivedPacket packet = port.try_receive();
    if (packet) co_return packet;
    port.check();
    co_await turn_in(port.arrival_line(), "frame from a network");
  }
}

void XenNetwork::accept(const Offloads& offloads) noexcept { port_->accept(offloads); }
void XenNetwork::join(MacAddress group) { port_->join(group); }
void XenNetwork::leave(MacAddress group) noexcept { port_->leave(group); }
void XenNetwork::receive_everything(bool everything) noexcept {
  port_->receive_everything(everything);
}
NetworkStatistics XenNetwork::statistics() const noexcept { return port_->statistics(); }

}  // namespace sundog
