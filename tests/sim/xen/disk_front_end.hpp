// DiskFrontEnd: reads and writes a disk through its back end: any number of requests at a time, of
// which each grants its pages for as long as it lasts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "sundog/io/xen/devices/blkif.hpp"
#include "sundog/io/xen/devices/front_end.hpp"
#include "sundog/io/xen/grants.hpp"
#include "sundog/runtime/semaphore.hpp"

namespace sundog::sim::xen {

using sundog::xen::DiskRequest;
using sundog::xen::DiskResponse;
using sundog::xen::DiskRing;

class DiskFrontEnd final : public sundog::xen::FrontEnd {
 public:
  explicit DiskFrontEnd(sundog::xen::BackEndPlace place);

  // Whole sectors; false if the back end has refused, and a write may then have been done in part.
  Task<bool> read(std::uint64_t sector, std::span<std::byte> target);
  Task<bool> write(std::uint64_t sector, std::span<const std::byte> source);

 private:
  using Grants = std::vector<std::unique_ptr<sundog::xen::Grant>>;
  struct Pending {
    std::int16_t status = 0;
    sundog::xen::EventCount done{"an answer of the disk"};
  };

  Task<Keys> offer() override;
  void serve() override;
  Task<bool> ask(DiskRequest request);
  static DiskRequest describe(std::uint64_t sector, std::size_t bytes, const Grants& grants);

  sundog::xen::Grant page_;
  sundog::xen::FrontRing<DiskRequest, DiskResponse> ring_;
  Semaphore slots_{DiskRing::slots};
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Pending*> pending_;
};

}  // namespace sundog::sim::xen
