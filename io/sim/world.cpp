#include "sundog/io/sim/world.hpp"

#include <limits>

namespace sundog::sim {
namespace {

constexpr std::int64_t stop_max_ns = 600'000'000'000;

// 10.0.0.1, 10.0.0.2, ... (RFC 1918) and 2001:db8::1, 2001:db8::2, ... (RFC 3849).
IpAddress address_v4(std::size_t number) {
  return IpAddress::v4(
      {10, 0, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
}
IpAddress address_v6(std::size_t number) {
  return IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                        static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
}

}  // namespace

World::World(std::uint64_t seed) : seed_(seed), prng_(seed), faults_(prng_) {}
World::World(std::uint64_t seed, const FaultPlan& faults)
    : seed_(seed), prng_(seed), faults_(faults) {}
// The tasks of a run that failed cannot be ended any more: what they use is left to the process.
World::~World() {
  for (auto& host : hosts_) {
    if (host->running()) static_cast<void>(host.release());
  }
}

Host& World::add_host(std::string name, ClockKind kind) {
  const std::size_t number = hosts_.size() + 1;
  const HostClock clock = kind == ClockKind::exact ? HostClock() : HostClock::drawn(prng_);
  hosts_.push_back(std::make_unique<Host>(*this, std::move(name), address_v4(number),
                                          address_v6(number), clock));
  network_.add(*hosts_.back());
  return *hosts_.back();
}

bool World::step() {
  if (++step_count_ > steps_max)
    throw Failure("this never ends, or takes too many steps\n" + dump());
  // Who is due first, and by the seed among several at the same moment.
  std::int64_t due_ns = std::numeric_limits<std::int64_t>::max();
  Host* next = nullptr;
  std::uint64_t equals = 0;
  for (const auto& host : hosts_) {
    const std::int64_t host_due_ns = host->due_ns();
    if (host_due_ns > due_ns || host_due_ns == std::numeric_limits<std::int64_t>::max()) continue;
    equals = host_due_ns < due_ns ? 1 : equals + 1;
    due_ns = host_due_ns;
    if (equals == 1 || prng_.below(equals) == 0) next = host.get();
  }
  if (!events_.empty() && (next == nullptr || events_.next_time_ns() <= due_ns)) {
    now_ns_ = std::max(now_ns_, events_.next_time_ns());
    events_.take()();
    return true;
  }
  if (next == nullptr) return false;
  now_ns_ = std::max(now_ns_, due_ns);
  next->turn();
  return true;
}

template <class Ended>
void World::step_until(Ended ended, std::int64_t limit_ns, const char* what) {
  while (failure_.empty() && !ended()) {
    if (!step()) throw Failure(std::string("deadlock: nothing can happen any more\n") + dump());
    if (now_ns_ > limit_ns) throw Failure(std::string(what) + "\n" + dump());
  }
  if (!failure_.empty()) throw Failure(failure_ + "\n" + dump());
}

bool World::all_finished() const noexcept {
  for (const auto& host : hosts_) {
    if (host->duty() == Host::Duty::finish && !host->finished()) return false;
  }
  return true;
}

void World::run() {
  const std::int64_t limit_ns = begin_faults();
  step_until([this] { return all_finished(); }, limit_ns,
             "no end: the world has healed, and still not all have finished");
  events_.cancel(heal_event_);
  heal();
  stop_serving();
  check_end();
}

std::int64_t World::begin_faults() {
  const std::int64_t end_ns = now_ns_ + prng_.between(Duration(0), Duration(faults_max_ns)).count();
  heal_event_ = events_.add(end_ns, [this] { heal(); });
  return end_ns + healed_max_ns_;
}

bool World::pass(std::int64_t time_ns) {
  if (events_.empty() || events_.next_time_ns() > time_ns) {
    now_ns_ = std::max(now_ns_, time_ns);
    return false;
  }
  now_ns_ = std::max(now_ns_, events_.next_time_ns());
  events_.take()();
  return true;
}

void World::heal() {
  if (faults_.healed()) return;
  trace_.record(now_ns_, "world", "heal", 0, 0);
  faults_.heal();
  network_.heal();
  for (const auto& host : hosts_) host->memory().heal();
}

void World::stop_serving() {
  for (const auto& host : hosts_) host->retire();
  const auto all_stopped = [this] {
    for (const auto& host : hosts_) {
      if (host->running()) return false;
    }
    return true;
  };
  step_until(all_stopped, now_ns_ + stop_max_ns, "no end: tasks that were cancelled go on");
}

void World::check_end() {
  for (const auto& host : hosts_) {
    if (host->poller().under_way_count() != 0) fail(host->name() + ": calls are under way still");
    if (host->open_descriptor_count() != 0) {
      fail(host->name() + ": " + std::to_string(host->open_descriptor_count()) +
           " descriptors are open still");
    }
  }
  if (!failure_.empty()) throw Failure(failure_);
}

void World::check_memory() {
  for (const auto& host : hosts_) {
    const Memory& memory = host->memory();
    if (memory.block_count() == 0) continue;
    throw Failure(host->name() + ": " + std::to_string(memory.bytes()) + " bytes in " +
                  std::to_string(memory.block_count()) + " blocks were never freed");
  }
}

void World::fail(std::string_view why) {
  const Memory::Outside outside;
  trace_.record(now_ns_, "world", why, 0, 0);
  if (failure_.empty()) failure_ = why;
}

std::string World::dump() {
  std::string text;
  for (const auto& host : hosts_) text += host->dump();
  return text;
}

}  // namespace sundog::sim
