// The network device's ring entries (xen/io/netif.h): 256 slots for what the domain sends, 256 for
// the buffers into which it receives. Each static_assert holds a field to its place in Xen's
// header.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sundog/io/xen/abi.hpp"

#include <xen/io/netif.h>

#include "sundog/io/xen/devices/shared_ring.hpp"

namespace sundog::xen {

// NETTXF_... are its flags. The first slot of a frame holds the whole frame's size, the others
// their own part's. offset + the part's size must not leave the page, or the back end disables the
// device for good.
struct SendRequest {
  std::uint32_t reference;
  std::uint16_t offset;
  std::uint16_t flags;
  std::uint16_t id;
  std::uint16_t size;
};
// NETIF_RSP_... is its status.
struct SendResponse {
  std::uint16_t id;
  std::int16_t status;
};
struct ReceiveRequest {
  std::uint16_t id;
  std::uint16_t unused;
  std::uint32_t reference;
};
// NETRXF_... are its flags.
struct ReceiveResponse {
  std::uint16_t id;
  std::uint16_t offset;
  std::uint16_t flags;
  std::int16_t status;  // the size, or NETIF_RSP_... when negative
};

// Stands in the place of a SendRequest or ReceiveResponse behind a frame's first one that has
// NETTXF_extra_info or NETRXF_extra_info. XEN_NETIF_EXTRA_TYPE_... is its type.
struct ExtraInfo {
  struct Segments {
    std::uint16_t size;  // of each segment's payload
    std::uint8_t type;   // XEN_NETIF_GSO_TYPE_...
    std::uint8_t unused;
    std::uint16_t features;  // none are known
  };
  struct Group {
    std::uint8_t address[6];
  };

  std::uint8_t type;
  std::uint8_t flags;  // XEN_NETIF_EXTRA_FLAG_MORE: another one follows
  union {
    Segments segments;  // XEN_NETIF_EXTRA_TYPE_GSO
    Group group;        // XEN_NETIF_EXTRA_TYPE_MCAST_ADD, ..._DEL
  };
};

static_assert(sizeof(SendRequest) == sizeof(netif_tx_request) &&
              offsetof(SendRequest, reference) == offsetof(netif_tx_request, gref) &&
              offsetof(SendRequest, offset) == offsetof(netif_tx_request, offset) &&
              offsetof(SendRequest, flags) == offsetof(netif_tx_request, flags) &&
              offsetof(SendRequest, id) == offsetof(netif_tx_request, id) &&
              offsetof(SendRequest, size) == offsetof(netif_tx_request, size));
static_assert(sizeof(SendResponse) == sizeof(netif_tx_response) &&
              offsetof(SendResponse, id) == offsetof(netif_tx_response, id) &&
              offsetof(SendResponse, status) == offsetof(netif_tx_response, status));
static_assert(sizeof(ReceiveRequest) == sizeof(netif_rx_request) &&
              offsetof(ReceiveRequest, id) == offsetof(netif_rx_request, id) &&
              offsetof(ReceiveRequest, reference) == offsetof(netif_rx_request, gref));
static_assert(sizeof(ReceiveResponse) == sizeof(netif_rx_response) &&
              offsetof(ReceiveResponse, id) == offsetof(netif_rx_response, id) &&
              offsetof(ReceiveResponse, offset) == offsetof(netif_rx_response, offset) &&
              offsetof(ReceiveResponse, flags) == offsetof(netif_rx_response, flags) &&
              offsetof(ReceiveResponse, status) == offsetof(netif_rx_response, status));

static_assert(sizeof(ExtraInfo) == sizeof(netif_extra_info) &&
              sizeof(ExtraInfo) == sizeof(ReceiveResponse) &&
              sizeof(ExtraInfo) <= sizeof(SendRequest) &&
              offsetof(ExtraInfo, type) == offsetof(netif_extra_info, type) &&
              offsetof(ExtraInfo, flags) == offsetof(netif_extra_info, flags) &&
              offsetof(ExtraInfo, segments.size) == offsetof(netif_extra_info, u.gso.size) &&
              offsetof(ExtraInfo, segments.type) == offsetof(netif_extra_info, u.gso.type) &&
              offsetof(ExtraInfo, segments.features) ==
                  offsetof(netif_extra_info, u.gso.features) &&
              offsetof(ExtraInfo, group.address) == offsetof(netif_extra_info, u.mcast.addr));

// One page each.
using SendRing = SharedRing<SendRequest, SendResponse>;
using ReceiveRing = SharedRing<ReceiveRequest, ReceiveResponse>;
static_assert(SendRing::slots == 256 && ReceiveRing::slots == 256);

}  // namespace sundog::xen
