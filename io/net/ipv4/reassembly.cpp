#include "sundog/io/net/ipv4/reassembly.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "sundog/io/net/ip.hpp"

namespace sundog::net {

// One fragment's bytes, in the order of their offsets.
struct Reassembly::Part : ListLink {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
  std::unique_ptr<std::byte[]> bytes;

  std::uint32_t end() const noexcept { return offset + size; }
};

struct Reassembly::Whole : ListLink {
  IpAddress source;
  IpAddress destination;
  InterfaceId interface = any_interface;
  bool is_group = false;
  std::uint32_t identification = 0;
  std::uint8_t protocol = 0;
  TimePoint expires{};
  List<Part> parts;
  std::size_t part_count = 0;
  std::size_t bytes = 0;
  // Known when the last fragment has come.
  bool has_end = false;
  std::uint32_t end = 0;
  // The headers in front of the first fragment.
  std::size_t header_bytes = 0;
  std::unique_ptr<std::byte[]> header;

  bool is_of(const Fragment& fragment) const noexcept {
    return identification == fragment.identification && protocol == fragment.protocol &&
           source == fragment.source && destination == fragment.destination;
  }
  ~Whole() {
    while (Part* const part = parts.take_first()) delete part;
  }
};

Reassembly::Reassembly(Ticks& ticks, ReassemblyUser* user) noexcept : ticks_(ticks), user_(user) {
  ticks_.add(*this);
}
Reassembly::~Reassembly() {
  ticks_.remove(*this);
  while (Whole* const whole = wholes_.first()) drop(*whole);
  SUNDOG_ASSERT(given_out_ == 0, "a reassembled packet is kept longer than the stack");
}

Reassembly::Whole* Reassembly::find(const Fragment& fragment) noexcept {
  for (Whole* one = wholes_.first(); one != nullptr; one = wholes_.after(*one)) {
    if (one->is_of(fragment)) return one;
  }
  return nullptr;
}

Reassembly::Whole* Reassembly::create(const Fragment& fragment) noexcept {
  if (count_ == limits::reassemblies) drop_oldest();
  Whole* const whole = new (std::nothrow) Whole;
  if (whole == nullptr) return nullptr;
  whole->source = fragment.source;
  whole->destination = fragment.destination;
  whole->interface = fragment.interface;
  whole->is_group = fragment.is_group;
  whole->identification = fragment.identification;
  whole->protocol = fragment.protocol;
  whole->expires = ticks_.now() + limits::reassembly_time;
  ticks_.tick_at(whole->expires);
  wholes_.add(*whole);
  ++count_;
  return whole;
}

void Reassembly::drop(Whole& whole) noexcept {
  wholes_.remove(whole);
  --count_;
  bytes_ -= whole.bytes;
  delete &whole;
}

void Reassembly::drop_oldest() noexcept {
  ++statistics_.failed;
  drop(*wholes_.first());
}

bool Reassembly::place(const Whole& whole, const Fragment& fragment, Part*& before,
                       bool& twice) noexcept {
  const auto begin = fragment.offset;
  const auto end = static_cast<std::uint32_t>(fragment.offset + fragment.bytes);
  // The end is where the last fragment said it is, once and for all.
  if (whole.has_end && (end > whole.end || (!fragment.more_follow && end != whole.end))) {
    return false;
  }
  before = nullptr;
  for (Part* part = whole.parts.first(); part != nullptr; part = whole.parts.after(*part)) {
    if (!fragment.more_follow && part->end() > end) return false;
    if (part->offset == begin && part->end() == end) {
      twice = true;
      return true;
    }
    if (part->offset < end && begin < part->end()) return false;
    if (part->end() <= begin) before = part;
  }
  return true;
}

bool Reassembly::keep(Whole& whole, const Fragment& fragment, const ReceivedPacket& packet,
                      Part* before) noexcept {
  while (bytes_ + fragment.bytes > limits::reassembly_bytes && wholes_.first() != &whole) {
    drop_oldest();
  }
  if (bytes_ + fragment.bytes > limits::reassembly_bytes) return false;
  auto part = std::unique_ptr<Part>(new (std::nothrow) Part);
  if (part != nullptr) part->bytes.reset(new (std::nothrow) std::byte[fragment.bytes]);
  if (part == nullptr || part->bytes == nullptr) return false;
  part->offset = fragment.offset;
  part->size = static_cast<std::uint32_t>(fragment.bytes);
  packet.copy(fragment.start, MutableBytes(part->bytes.get(), fragment.bytes));
  if (fragment.offset == 0) {
    const std::size_t headers = fragment.start - fragment.header_start;
    whole.header.reset(new (std::nothrow) std::byte[headers]);
    if (whole.header == nullptr) return false;
    packet.copy(fragment.header_start, MutableBytes(whole.header.get(), headers));
    whole.header_bytes = headers;
  }
  whole.bytes += fragment.bytes;
  bytes_ += fragment.bytes;
  ++whole.part_count;
  if (!fragment.more_follow) {
    whole.has_end = true;
    whole.end = static_cast<std::uint32_t>(fragment.offset + fragment.bytes);
  }
  // Lists are added to at their ends: those behind the new one go there after it.
  List<Part> behind;
  while (Part* const next = before == nullptr ? whole.parts.first() : whole.parts.after(*before)) {
    whole.parts.remove(*next);
    behind.add(*next);
  }
  whole.parts.add(*part.release());
  whole.parts.append(behind);
  return true;
}

ReceivedPacket Reassembly::add(const Fragment& fragment, const ReceivedPacket& packet,
                               std::size_t& header_bytes) noexcept {
  ++statistics_.fragments;
  // All but the last are multiples of 8 bytes long; and no packet is longer than its length can say
  // together with its header.
  const std::size_t headers = fragment.start - fragment.header_start;
  const bool wrong = fragment.bytes == 0 || (fragment.more_follow && fragment.bytes % 8 != 0) ||
                     headers + fragment.offset + fragment.bytes > fragment.packet_bytes_max;
  Whole* whole = find(fragment);
  if (wrong) {
    ++statistics_.failed;
    if (whole != nullptr) drop(*whole);
    return {};
  }
  if (whole == nullptr) whole = create(fragment);
  if (whole == nullptr) return {};
  Part* before = nullptr;
  bool twice = false;
  if (!place(*whole, fragment, before, twice) ||
      whole->part_count == limits::fragments_of_a_packet) {
    ++statistics_.failed;
    drop(*whole);
    return {};
  }
  if (twice) return {};
  if (!keep(*whole, fragment, packet, before)) {
    ++statistics_.failed;
    drop(*whole);
    return {};
  }
  // Without overlaps, as many bytes as there are to the end are all of them.
  if (!whole->has_end || whole->bytes != whole->end) return {};
  return assemble(*whole, header_bytes);
}

ReceivedPacket Reassembly::assemble(Whole& whole, std::size_t& header_bytes) noexcept {
  const std::size_t size = whole.header_bytes + whole.end;
  auto memory = std::unique_ptr<PacketMemory>(new (std::nothrow) PacketMemory);
  if (memory != nullptr) memory->data = new (std::nothrow) std::byte[size];
  if (memory == nullptr || memory->data == nullptr) {
    ++statistics_.failed;
    drop(whole);
    return {};
  }
  memory->owner = this;
  memory->size = static_cast<std::uint32_t>(size);
  std::byte* to = std::copy_n(whole.header.get(), whole.header_bytes, memory->data);
  for (Part* part = whole.parts.first(); part != nullptr; part = whole.parts.after(*part)) {
    to = std::copy_n(part->bytes.get(), part->size, to);
  }
  header_bytes = whole.header_bytes;
  drop(whole);
  ++statistics_.reassembled;
  ++given_out_;
  return ReceivedPacket(*memory.release());
}

void Reassembly::give_back(PacketMemory& memory) noexcept {
  --given_out_;
  delete[] memory.data;
  delete &memory;
}

void Reassembly::tick(TimePoint now) noexcept {
  while (Whole* const oldest = wholes_.first()) {
    if (now < oldest->expires) return ticks_.tick_at(oldest->expires);
    tell_of(*oldest);
    drop_oldest();
  }
}

void Reassembly::tell_of(const Whole& whole) noexcept {
  if (user_ == nullptr || whole.header == nullptr) return;
  const Part& part = *whole.parts.first();
  IncompletePacket packet;
  packet.source = whole.source;
  packet.destination = whole.destination;
  packet.interface = whole.interface;
  packet.is_group = whole.is_group;
  packet.headers = Bytes(whole.header.get(), whole.header_bytes);
  packet.beginning = Bytes(part.bytes.get(), part.size);
  user_->reassembly_timed_out(packet);
}

}  // namespace sundog::net
