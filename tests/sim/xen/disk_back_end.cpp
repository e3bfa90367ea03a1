#include "tests/sim/xen/disk_back_end.hpp"

#include <chrono>
#include <cstring>

namespace sundog::sim::xen {
namespace {

using namespace std::chrono_literals;

constexpr Duration job_max = 200us;
constexpr Duration slow_job_max = 2s;

std::uint64_t sector_count(const DiskSegment& segment) {
  return std::uint64_t{segment.last_sector} - segment.first_sector + 1;
}

}  // namespace

DiskBackEnd::DiskBackEnd(Hypervisor& xen, StoreDaemon& store)
    : BackEnd(xen, store, "vbd"), content_(sectors * sector_bytes) {
  set_key("sectors", std::to_string(sectors));
  set_key("sector-size", std::to_string(sector_bytes));
}

bool DiskBackEnd::connect() {
  auto page = xen_.grants().map(number("ring-ref"), true);
  if (!page || !channel_.bind(number("event-channel"))) return false;
  page_.emplace(std::move(*page));
  xen_.interleaving().share(page_->bytes(), {DiskRing::slots_start, DiskRing::slots_end});
  consumed_ = 0;
  produced_ = 0;
  return true;
}

void DiskBackEnd::disconnect() {
  jobs_.clear();
  channel_.close();
  if (page_) xen_.interleaving().unshare(page_->bytes());
  page_.reset();
}

void DiskBackEnd::serve() {
  if (strikes_hostile()) return be_hostile();
  const std::uint32_t end = ring().shown_requests();
  if (end - consumed_ > DiskRing::slots && !is_hostile()) {
    world_.fail("disk: the front end's index makes no sense");
    return;
  }
  while (consumed_ != end && jobs_.size() < DiskRing::slots) begin(ring().request(consumed_++));
  if (ring().ask_for_requests(consumed_)) serve_later();
}

void DiskBackEnd::begin(const DiskRequest& request) {
  const auto job = jobs_.emplace(jobs_.end(), world_, request);
  const Duration most = world_.strikes(Fault::slow_completion) ? slow_job_max : job_max;
  job->later.arm(world_.prng().between(0ns, most), [this, job] { finish(job); });
}

void DiskBackEnd::finish(std::list<Job>::iterator job) {
  const DiskRequest request = job->request;
  const std::int16_t status = carry_out(request);
  xen_.record("disk", request.id, status);
  respond({request.id, request.operation, 0, status, 0});
  jobs_.erase(job);
}

std::int16_t DiskBackEnd::carry_out(const DiskRequest& request) {
  if (request.operation == BLKIF_OP_FLUSH_DISKCACHE) return BLKIF_RSP_OKAY;
  const bool writes = request.operation == BLKIF_OP_WRITE;
  if (!writes && request.operation != BLKIF_OP_READ) return BLKIF_RSP_EOPNOTSUPP;
  if (!is_valid(request)) return BLKIF_RSP_ERROR;
  std::uint64_t sector = request.sector;
  for (std::size_t i = 0; i < request.segment_count; ++i) {
    if (world_.strikes(Fault::disk_error)) return BLKIF_RSP_ERROR;
    if (!transfer(request.segment[i], sector, writes)) {
      if (!is_hostile()) world_.fail("disk: a page of a request is not granted");
      return BLKIF_RSP_ERROR;
    }
    sector += sector_count(request.segment[i]);
  }
  return BLKIF_RSP_OKAY;
}

bool DiskBackEnd::is_valid(const DiskRequest& request) const {
  constexpr std::uint8_t sectors_of_page = 8;
  if (request.segment_count == 0 || request.segment_count > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
    return false;
  }
  std::uint64_t end = request.sector;
  for (std::size_t i = 0; i < request.segment_count; ++i) {
    const DiskSegment& segment = request.segment[i];
    if (segment.first_sector > segment.last_sector || segment.last_sector >= sectors_of_page) {
      return false;
    }
    end += sector_count(segment);
  }
  return request.sector < sectors && end <= sectors;
}

bool DiskBackEnd::transfer(const DiskSegment& segment, std::uint64_t sector, bool writes) {
  // To write to the disk it only reads the page.
  const auto page = xen_.grants().map(segment.reference, !writes);
  if (!page) return false;
  std::byte* const memory = page->bytes() + segment.first_sector * sector_bytes;
  std::byte* const disk = content_.data() + sector * sector_bytes;
  const std::size_t bytes = sector_count(segment) * sector_bytes;
  std::memcpy(writes ? disk : memory, writes ? memory : disk, bytes);
  return true;
}

void DiskBackEnd::respond(const DiskResponse& response) {
  ring().put(produced_++, response);
  if (ring().show_responses(produced_)) channel_.notify();
}

void DiskBackEnd::be_hostile() {
  const std::uint64_t junk = world_.prng().next();
  switch (world_.prng().below(4)) {
    case 0:
      ring().response_end = static_cast<std::uint32_t>(junk);
      break;
    case 1:
      respond({junk, 0, 0, 0, 0});
      break;
    case 2:
      ring().response_end = produced_ - 1;
      break;
    default:  // the same answer twice, or a slot that still holds a request
      ring().response_end = ring().response_end + 1;
      break;
  }
  channel_.notify();
}

}  // namespace sundog::sim::xen
