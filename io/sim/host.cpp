#include "sundog/io/sim/host.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "sundog/io/sim/disk.hpp"
#include "sundog/io/sim/ports.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/runtime/circle.hpp"
#include "sundog/runtime/dropped.hpp"
#include "sundog/runtime/dump.hpp"

namespace sundog::sim {

using namespace std::chrono_literals;

namespace {

constexpr Duration slow_turn_max = 500ms;
constexpr Duration power_off_min = 10ms;
constexpr Duration power_off_max = 5s;
// Where no memory is to be had, looking for some takes time: a program that tries again at once
// does not stop the world.
constexpr Duration reclaim_pause = 1ms;
// Clocks are set by seconds, hours or years.
constexpr Duration wall_jump_max = 24h * 365 * 30;
constexpr Duration wall_start_max = 24h * 365 * 60;
constexpr std::uint64_t budget_bytes_min = 32 * 1024;
constexpr std::uint64_t budget_bytes_max = 512 * 1024;

}  // namespace

Host::Host(World& world, std::string name, const IpAddress& v4, const IpAddress& v6,
           HostClock clock)
    : world_(world),
      name_(std::move(name)),
      v4_(v4),
      v6_(v6),
      clock_(clock),
      wall_offset_(world.prng().between(0ns, wall_start_max)),
      memory_([this] { record("allocation failed", 0, 0); }),
      poller_(*this),
      ports_(std::make_unique<Ports>()),
      disk_(std::make_unique<Disk>(*this)) {}

Host::~Host() = default;

void Host::start(Boot boot, Duty duty) {
  SUNDOG_ASSERT(!boot_, "a host is started once; it boots again by itself");
  boot_ = std::move(boot);
  duty_ = duty;
  this->boot();
}

void Host::boot() {
  if (retired_) return;
  powered_ = true;
  restarting_ = false;
  stopped_ = false;
  loop_.emplace(poller_);
  record("boot", 0, 0);
  const Current<Scheduler>::Set scheduler(loop_->scheduler());
  const Current<Timers>::Set timers(loop_->timers());
  {
    // What it needs to begin at all is there.
    memory_.heal();
    const Memory::Inside memory(memory_);
    Task<void> task = boot_();
    loop_->start(*task.release(), std::source_location::current());
  }
  strike_memory();
  wake();
}

void Host::strike_memory() {
  memory_.fail_with(world_.faults().ppm(Fault::allocation), world_.prng().next());
  if (world_.strikes(Fault::little_memory)) {
    memory_.set_budget(world_.prng().between(budget_bytes_min, budget_bytes_max));
  }
}

WallTime Host::wall_time() const noexcept {
  // One oscillator drives both clocks of a machine, so both drift together.
  return WallTime(clock_.read(world_.now_ns()).time_since_epoch() + wall_offset_);
}

void Host::stop() noexcept {
  if (!running() || stopped_) return;
  stopped_ = true;
  loop_->cancel();
  wake();
}

void Host::retire() noexcept {
  retired_ = true;
  stop();
}

void Host::cut_power() {
  if (!running() || !powered_) return;
  record("power cut", 0, 0);
  powered_ = false;
  restarting_ = true;
  memory_.heal();  // what remains of its tasks only ends
  ports_->power_cut();
  world_.network().lans().power_cut(*this);
  disk_->power_cut();
  for (auto& [name, image] : block_images_) image.power_cut(world_.prng());
  stop();
}

std::int64_t Host::due_ns() const noexcept {
  if (!running()) return std::numeric_limits<std::int64_t>::max();
  const bool at_once = woken_ || loop_->busy() || poller_.has_results();
  const std::int64_t wanted = at_once ? world_.now_ns() : poller_.next_turn_ns();
  return std::max(wanted, busy_until_ns_);
}

void Host::turn() {
  woken_ = false;
  ++turn_count_;
  if (world_.strikes(Fault::wall_clock_jump)) {
    const Duration jump =
        world_.prng().between(0ns, wall_jump_max / (1LL << world_.prng().below(30)));
    wall_offset_ += world_.prng().below(2) == 0 ? jump : -jump;
    record("clock set", 0, 0);
  }
  if (world_.strikes(Fault::ready_order)) {
    loop_->scheduler().shuffle_ready([this](std::uint64_t n) { return world_.prng().below(n); });
  }
  const std::uint64_t failures_before = memory_.failure_count();
  if (run_turn()) {
    ended();
    return;
  }
  if (memory_.failure_count() != failures_before) {
    busy_until_ns_ = world_.now_ns() + reclaim_pause.count();
  }
  if (world_.strikes(Fault::slow_turn)) {
    busy_until_ns_ = world_.now_ns() + world_.prng().between(0ns, slow_turn_max).count();
  }
  if (power_cuts_allowed_ && powered_ && world_.strikes(Fault::crash)) cut_power();
}

bool Host::run_turn() {
  const Memory::Inside memory(memory_);
  return loop_->turn();
}

void Host::ended() {
  record("end", 0, 0);
  const std::size_t timers = loop_->timers().armed_count();
  if (timers != 0) world_.fail(name_ + ": " + std::to_string(timers) + " timers are armed still");
  const bool cancelled = loop_->unwound();
  try {
    if (!cancelled || !stopped_) loop_->finish<void>();
  } catch (...) {
    if (powered_) world_.fail(name_ + ": " + describe_exception(std::current_exception()));
  }
  loop_.reset();
  if (restarting_) {
    world_.after(world_.prng().between(power_off_min, power_off_max), [this] { boot(); });
  }
}

void Host::record(std::string_view operation, std::uint64_t object, std::int64_t result) {
  const Memory::Outside outside;
  world_.trace().record(world_.now_ns(), name_, operation, object, result);
}

std::string Host::dump() {
  if (!running()) return name_ + ": not running\n";
  const Current<Scheduler>::Set scheduler(loop_->scheduler());
  return name_ + ":\n" + dump_tasks() + describe_circle();
}

std::optional<Descriptor> Descriptor::open(Host& host) noexcept {
  if (host.open_descriptors_ >= Host::descriptors_max) return std::nullopt;
  if (host.world().strikes(Fault::no_descriptors)) return std::nullopt;
  return Descriptor(host);
}

}  // namespace sundog::sim
