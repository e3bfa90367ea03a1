// NetworkBackEnd: netback: takes frames from a front end and gives it others (xen/io/netif.h). On
// its other side is a wire, which is the scenario's.
//
// It copies pages as Linux's does, answers what is sent in order, and refuses some. A hostile one
// answers what was not asked, gives wrong sizes and shows wrong indices.
//
// A capture of the world has each frame once: when it is taken from the domain, given to it, or
// lost.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "sundog/io/xen/devices/netif.hpp"
#include "tests/sim/xen/back_end.hpp"
#include "tests/sim/xen/grant_table.hpp"

namespace sundog::sim::xen {

using sundog::xen::ReceiveRequest;
using sundog::xen::ReceiveResponse;
using sundog::xen::ReceiveRing;
using sundog::xen::SendRequest;
using sundog::xen::SendResponse;
using sundog::xen::SendRing;

using Frame = std::vector<std::byte>;

class NetworkBackEnd final : public BackEnd {
 public:
  // Frames for the domain beyond this are lost, as in a bridge's port.
  static constexpr std::size_t waiting_max = 64;

  // `sent` gets each frame that the domain sends.
  NetworkBackEnd(Hypervisor& xen, StoreDaemon& store, std::function<void(Frame)> sent);

  // A frame comes from the wire; false if there is no room for it, or nobody connected.
  bool receive(Frame frame);

 private:
  bool connect() override;
  void disconnect() override;
  void serve() override;

  bool take_sent();
  bool give_received();
  std::int16_t carry_out(const SendRequest& request, Frame& frame);
  void note_sent(const Frame& frame, std::string_view comment = {});
  void note_received(const Frame& frame, std::string_view comment = {});
  void be_hostile();
  SendRing& send_ring() const { return *reinterpret_cast<SendRing*>(send_page_->bytes()); }
  ReceiveRing& receive_ring() const {
    return *reinterpret_cast<ReceiveRing*>(receive_page_->bytes());
  }

  std::function<void(Frame)> sent_;
  std::optional<GrantTable::Mapping> send_page_;
  std::optional<GrantTable::Mapping> receive_page_;
  std::uint32_t send_consumed_ = 0;
  std::uint32_t receive_consumed_ = 0;
  std::deque<Frame> waiting_;
};

}  // namespace sundog::sim::xen
