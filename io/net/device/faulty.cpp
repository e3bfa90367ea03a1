#include "sundog/io/net/device/faulty.hpp"

#include <algorithm>

namespace sundog::net {

FaultLine::FaultLine(const NetworkFaults& faults, std::uint64_t seed, std::size_t frame_bytes_max)
    : faults_(faults), state_(seed), pool_(frames_max, frame_bytes_max) {
  frames_.reserve(frames_max);
}
FaultLine::~FaultLine() {
  for (const Frame& frame : frames_) pool_.give_back(*frame.memory);
}

// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
std::uint64_t FaultLine::random() noexcept {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
  return mixed ^ mixed >> 31;
}

bool FaultLine::strikes(double likelihood) noexcept {
  constexpr int mantissa_bits = 53;
  const double drawn = static_cast<double>(random() >> (64 - mantissa_bits)) /
                       static_cast<double>(std::uint64_t{1} << mantissa_bits);
  return drawn < likelihood;
}

Duration FaultLine::up_to(Duration most) noexcept {
  if (most <= Duration::zero()) return Duration::zero();
  return Duration(static_cast<Duration::rep>(random() % static_cast<std::uint64_t>(most.count())));
}

bool FaultLine::later(const Frame& one, const Frame& other) noexcept {
  return one.due != other.due ? one.due > other.due : one.order > other.order;
}

void FaultLine::enter(const ReceivedPacket& packet, TimePoint now) noexcept {
  ++statistics_.frames;
  if (strikes(faults_.loss)) {
    ++statistics_.lost;
    return;
  }
  TimePoint due = now;
  if (faults_.bytes_per_s != 0) {
    const TimePoint begin = std::max(line_free_, now);
    if (begin - now > faults_.queue_max) {
      ++statistics_.no_room;
      return;
    }
    constexpr std::int64_t ns_per_s = 1'000'000'000;
    line_free_ =
        begin + Duration(static_cast<std::int64_t>(packet.size()) * ns_per_s / faults_.bytes_per_s);
    due = line_free_;
  }
  due += faults_.delay + up_to(faults_.jitter);
  // Jitter alone does not change the order.
  due = std::max(due, last_due_);
  if (strikes(faults_.reordering)) {
    ++statistics_.reordered;
    due += faults_.reordered_by;
  } else {
    last_due_ = due;
  }
  add(packet, due);
  if (strikes(faults_.duplication)) {
    ++statistics_.doubled;
    add(packet, due);
  }
}

void FaultLine::add(const ReceivedPacket& packet, TimePoint due) noexcept {
  const std::size_t size = packet.size();
  PacketMemory* const memory = size > pool_.bytes_max() ? nullptr : pool_.take(size);
  if (memory == nullptr) {
    ++statistics_.no_room;
    return;
  }
  packet.copy(0, memory->bytes());
  memory->offload = PacketOffload();
  if (strikes(faults_.damage)) {
    ++statistics_.damaged;
    constexpr unsigned bits = 8;
    const std::uint64_t drawn = random();
    // Not the addresses: a frame that goes elsewhere is as good as lost.
    const std::size_t place = frame_header_bytes + drawn / bits % (size - frame_header_bytes + 1);
    memory->data[std::min(place, size - 1)] ^= static_cast<std::byte>(1U << drawn % bits);
  }
  frames_.push_back(Frame{due, order_++, memory});
  std::ranges::push_heap(frames_, later);
}

ReceivedPacket FaultLine::take(TimePoint now) noexcept {
  if (frames_.empty() || frames_.front().due > now) return {};
  std::ranges::pop_heap(frames_, later);
  PacketMemory& memory = *frames_.back().memory;
  frames_.pop_back();
  return ReceivedPacket(memory);
}

TimePoint FaultLine::next() const noexcept { return frames_.empty() ? never : frames_.front().due; }

}  // namespace sundog::net
