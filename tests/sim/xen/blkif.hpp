// The disk's ring entries, as in Xen's public header xen/io/blkif.h (x86_64-abi): 32 slots, and up
// to eleven pages in a request, of which sectors of 512 bytes are meant.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sundog/io/xen/abi.hpp"

#include <xen/io/blkif.h>

#include "tests/sim/xen/shared_ring.hpp"

namespace sundog::sim::xen {

struct DiskSegment {
  std::uint32_t reference;
  std::uint8_t first_sector;
  std::uint8_t last_sector;  // included
  std::uint16_t unused;
};
struct DiskRequest {
  std::uint8_t operation;
  std::uint8_t segment_count;
  std::uint16_t device;
  std::uint32_t unused;
  std::uint64_t id;
  std::uint64_t sector;
  DiskSegment segment[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};
struct DiskResponse {
  std::uint64_t id;
  std::uint8_t operation;
  std::uint8_t unused;
  std::int16_t status;
  std::uint32_t unused_too;
};

static_assert(sizeof(DiskSegment) == sizeof(blkif_request_segment));
static_assert(sizeof(DiskRequest) == sizeof(blkif_request) &&
              offsetof(DiskRequest, id) == offsetof(blkif_request, id) &&
              offsetof(DiskRequest, sector) == offsetof(blkif_request, sector_number) &&
              offsetof(DiskRequest, segment) == offsetof(blkif_request, seg));
static_assert(sizeof(DiskResponse) == sizeof(blkif_response) &&
              offsetof(DiskResponse, status) == offsetof(blkif_response, status));

using DiskRing = SharedRing<DiskRequest, DiskResponse>;
static_assert(DiskRing::slots == 32);

}  // namespace sundog::sim::xen
