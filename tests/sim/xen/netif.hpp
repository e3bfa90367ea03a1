// The network device's ring entries, as in Xen's public header xen/io/netif.h: 256 slots for what
// the domain sends, 256 for the buffers into which it receives.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sundog/io/xen/abi.hpp"

#include <xen/io/netif.h>

#include "tests/sim/xen/shared_ring.hpp"

namespace sundog::sim::xen {

struct SendRequest {
  std::uint32_t reference;
  std::uint16_t offset;
  std::uint16_t flags;
  std::uint16_t id;
  std::uint16_t size;  // of the whole frame
};
struct SendResponse {
  std::uint16_t id;
  std::int16_t status;
};
struct ReceiveRequest {
  std::uint16_t id;
  std::uint16_t unused;
  std::uint32_t reference;
};
struct ReceiveResponse {
  std::uint16_t id;
  std::uint16_t offset;
  std::uint16_t flags;
  std::int16_t status;  // the frame's size, or an error
};

static_assert(sizeof(SendRequest) == sizeof(netif_tx_request) &&
              offsetof(SendRequest, size) == offsetof(netif_tx_request, size));
static_assert(sizeof(SendResponse) == sizeof(netif_tx_response) &&
              offsetof(SendResponse, status) == offsetof(netif_tx_response, status));
static_assert(sizeof(ReceiveRequest) == sizeof(netif_rx_request) &&
              offsetof(ReceiveRequest, reference) == offsetof(netif_rx_request, gref));
static_assert(sizeof(ReceiveResponse) == sizeof(netif_rx_response) &&
              offsetof(ReceiveResponse, status) == offsetof(netif_rx_response, status));

using SendRing = SharedRing<SendRequest, SendResponse>;
using ReceiveRing = SharedRing<ReceiveRequest, ReceiveResponse>;
static_assert(SendRing::slots == 256 && ReceiveRing::slots == 256);

}  // namespace sundog::sim::xen
