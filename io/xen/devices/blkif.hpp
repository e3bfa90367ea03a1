// The disk's ring entries (xen/io/blkif.h, the layout "x86_64-abi", which is arm64's, too): 32
// slots, and up to eleven pages in a request, each with the sectors of 512 bytes that are meant.
// Each static_assert holds a field to its place in Xen's header.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sundog/io/xen/abi.hpp"

#include <xen/io/blkif.h>

#include "sundog/io/xen/devices/shared_ring.hpp"

namespace sundog::xen {

// A run of sectors in one granted page; sectors of 512 bytes, counted from the page's beginning.
struct DiskSegment {
  std::uint32_t reference;
  std::uint8_t first_sector;
  std::uint8_t last_sector;  // included
  std::uint16_t unused;
};
struct DiskRequest {
  std::uint8_t operation;  // BLKIF_OP_...
  std::uint8_t segment_count;
  std::uint16_t device;
  std::uint32_t unused;
  std::uint64_t id;
  std::uint64_t sector;  // in units of 512 bytes, whatever the disk's own
  DiskSegment segment[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};
struct DiskResponse {
  std::uint64_t id;
  std::uint8_t operation;
  std::uint8_t unused;
  std::int16_t status;  // BLKIF_RSP_...
  std::uint32_t unused_too;
};

static_assert(sizeof(DiskSegment) == sizeof(blkif_request_segment) &&
              offsetof(DiskSegment, reference) == offsetof(blkif_request_segment, gref) &&
              offsetof(DiskSegment, first_sector) == offsetof(blkif_request_segment, first_sect) &&
              offsetof(DiskSegment, last_sector) == offsetof(blkif_request_segment, last_sect));
static_assert(sizeof(DiskRequest) == sizeof(blkif_request) &&
              offsetof(DiskRequest, operation) == offsetof(blkif_request, operation) &&
              offsetof(DiskRequest, segment_count) == offsetof(blkif_request, nr_segments) &&
              offsetof(DiskRequest, device) == offsetof(blkif_request, handle) &&
              offsetof(DiskRequest, id) == offsetof(blkif_request, id) &&
              offsetof(DiskRequest, sector) == offsetof(blkif_request, sector_number) &&
              offsetof(DiskRequest, segment) == offsetof(blkif_request, seg));
static_assert(sizeof(DiskResponse) == sizeof(blkif_response) &&
              offsetof(DiskResponse, id) == offsetof(blkif_response, id) &&
              offsetof(DiskResponse, operation) == offsetof(blkif_response, operation) &&
              offsetof(DiskResponse, status) == offsetof(blkif_response, status));

// The ring in one page.
using DiskRing = SharedRing<DiskRequest, DiskResponse>;
static_assert(DiskRing::slots == 32);

}  // namespace sundog::xen
