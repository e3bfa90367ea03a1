// DiskBackEnd: blkback: serves a disk in memory to a front end (xen/io/blkif.h).
//
// It carries requests out in any order, several at a time, and fails some: then a write may have
// been done in part. A hostile one answers what was not asked and shows wrong indices.
#pragma once

#include <array>
#include <list>
#include <optional>
#include <vector>

#include "sundog/io/xen/devices/blkif.hpp"
#include "tests/sim/xen/back_end.hpp"
#include "tests/sim/xen/grant_table.hpp"

namespace sundog::sim::xen {

using sundog::xen::DiskRequest;
using sundog::xen::DiskResponse;
using sundog::xen::DiskRing;
using sundog::xen::DiskSegment;

class DiskBackEnd final : public BackEnd {
 public:
  static constexpr std::uint64_t sectors = 64;
  static constexpr std::size_t sector_bytes = 512;

  DiskBackEnd(Hypervisor& xen, StoreDaemon& store);

 private:
  struct Job {
    Job(World& world, const DiskRequest& what) : request(what), later(world) {}
    DiskRequest request;
    Later later;
  };

  bool connect() override;
  void disconnect() override;
  void serve() override;

  void begin(const DiskRequest& request);
  void finish(std::list<Job>::iterator job);
  std::int16_t carry_out(const DiskRequest& request);
  bool is_valid(const DiskRequest& request) const;
  bool transfer(const DiskSegment& segment, std::uint64_t sector, bool writes);
  void respond(const DiskResponse& response);
  void be_hostile();
  DiskRing& ring() const { return *reinterpret_cast<DiskRing*>(page_->bytes()); }

  std::optional<GrantTable::Mapping> page_;
  std::uint32_t consumed_ = 0;
  std::uint32_t produced_ = 0;
  std::list<Job> jobs_;
  std::vector<std::byte> content_;
};

}  // namespace sundog::sim::xen
