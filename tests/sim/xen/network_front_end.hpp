// NetworkFrontEnd: sends and receives frames through a back end: each frame sent grants its page
// for as long as it takes, received ones come into buffers that stay granted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "sundog/io/xen/devices/front_end.hpp"
#include "sundog/io/xen/devices/netif.hpp"
#include "sundog/io/xen/grants.hpp"
#include "sundog/runtime/semaphore.hpp"
#include "tests/sim/xen/network_back_end.hpp"

namespace sundog::sim::xen {

class NetworkFrontEnd final : public sundog::xen::FrontEnd {
 public:
  // With so many buffers to receive into, at most ReceiveRing::slots.
  NetworkFrontEnd(sundog::xen::BackEndPlace place, std::size_t buffer_count);

  Task<bool> connect();
  // A frame that fits into a page. False if the back end has refused it.
  Task<bool> send(std::span<const std::byte> frame, std::uint16_t offset);
  Task<Frame> receive();

 private:
  struct Sending {
    std::int16_t status = 0;
    sundog::xen::EventCount done{"a frame to be taken"};
  };

  void serve() override;
  bool take_sent();
  bool take_received();
  void post(std::uint16_t buffer);

  sundog::xen::Grant send_page_;
  sundog::xen::Grant receive_page_;
  sundog::xen::FrontRing<SendRequest, SendResponse> sent_;
  sundog::xen::FrontRing<ReceiveRequest, ReceiveResponse> posts_;
  Semaphore slots_{SendRing::slots};
  std::array<Sending*, SendRing::slots> sending_{};
  std::vector<std::unique_ptr<sundog::xen::Grant>> buffers_;
  std::vector<bool> posted_;
  std::deque<Frame> received_;
  sundog::xen::EventCount arrived_{"a frame"};
};

}  // namespace sundog::sim::xen
