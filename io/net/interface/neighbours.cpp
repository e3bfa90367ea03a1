#include "sundog/io/net/interface/neighbours.hpp"

#include <utility>

namespace sundog::net {

NeighbourCache::NeighbourCache(Ticks& ticks, NeighbourUser& user)
    : ticks_(ticks),
      user_(user),
      entries_(std::make_unique<std::array<Entry, limits::neighbours>>()) {
  buckets_.fill(none);
  for (std::size_t i = 0; i + 1 < entries_->size(); ++i) {
    (*entries_)[i].next = static_cast<std::uint16_t>(i + 1);
  }
  ticks_.add(*this);
}
NeighbourCache::~NeighbourCache() { ticks_.remove(*this); }

std::size_t NeighbourCache::bucket_of(const IpAddress& address) noexcept {
  // Hosts of one network differ in their last bytes.
  std::size_t hash = 0;
  for (const std::uint8_t octet : address.bytes()) hash = hash * 31 + octet;
  return hash % bucket_count;
}

NeighbourCache::Entry* NeighbourCache::look_up(const IpAddress& address) const noexcept {
  for (std::uint16_t at = buckets_[bucket_of(address)]; at != none; at = (*entries_)[at].next) {
    if ((*entries_)[at].address == address) return &(*entries_)[at];
  }
  return nullptr;
}

NeighbourCache::Entry* NeighbourCache::oldest(bool unresolved) const noexcept {
  Entry* found = nullptr;
  for (Entry& entry : *entries_) {
    if (entry.state == State::unused || (entry.state == State::incomplete) != unresolved) continue;
    const bool matters_less = found == nullptr || (entry.has_been_used != found->has_been_used
                                                       ? found->has_been_used
                                                       : entry.used < found->used);
    if (matters_less) found = &entry;
  }
  return found;
}

NeighbourCache::Entry* NeighbourCache::create(const IpAddress& address) noexcept {
  if (unused_ == none) {
    Entry* const victim = oldest(false);
    if (victim == nullptr) return nullptr;
    forget(*victim);
  }
  const std::uint16_t index = unused_;
  Entry& entry = (*entries_)[index];
  unused_ = entry.next;
  entry.address = address;
  entry.requests = 0;
  entry.used = ticks_.now();
  entry.has_been_used = false;
  std::uint16_t& bucket = buckets_[bucket_of(address)];
  entry.next = std::exchange(bucket, index);
  ++size_;
  return &entry;
}

void NeighbourCache::forget(Entry& entry) noexcept {
  dropped_ += entry.waiting.count();
  entry.waiting.clear();
  if (entry.state == State::incomplete) --unresolved_;
  entry.state = State::unused;
  const auto index = static_cast<std::uint16_t>(&entry - entries_->data());
  std::uint16_t* at = &buckets_[bucket_of(entry.address)];
  while (*at != index) at = &(*entries_)[*at].next;
  *at = entry.next;
  entry.next = std::exchange(unused_, index);
  --size_;
}

void NeighbourCache::request(Entry& entry, TimePoint now) noexcept {
  ++entry.requests;
  entry.deadline = now + request_apart_;
  ticks_.tick_at(entry.deadline);
  const bool known = entry.state == State::probe;
  user_.ask(entry.address, known ? std::optional(entry.mac) : std::nullopt);
}

std::optional<MacAddress> NeighbourCache::find(const IpAddress& neighbour) noexcept {
  const TimePoint now = ticks_.now();
  Entry* entry = look_up(neighbour);
  if (entry == nullptr) {
    if (unresolved_ == limits::unresolved_neighbours) forget(*oldest(true));
    entry = create(neighbour);
    if (entry == nullptr) return std::nullopt;
    entry->state = State::incomplete;
    entry->has_been_used = true;
    ++unresolved_;
    request(*entry, now);
    return std::nullopt;
  }
  entry->used = now;
  entry->has_been_used = true;
  if (entry->state == State::incomplete) return std::nullopt;
  if (entry->state == State::reachable && entry->deadline <= now) entry->state = State::stale;
  if (entry->state == State::stale) {
    entry->state = State::delay;
    entry->deadline = now + limits::neighbour_delay;
    ticks_.tick_at(entry->deadline);
  }
  return entry->mac;
}

void NeighbourCache::hold(const IpAddress& neighbour,
                          std::unique_ptr<WaitingFrame> frame) noexcept {
  Entry* const entry = look_up(neighbour);
  if (frame == nullptr || entry == nullptr || entry->state != State::incomplete) {
    ++dropped_;
    return;
  }
  if (entry->waiting.count() == limits::held_packets) {
    entry->waiting.take_first();
    ++dropped_;
  }
  entry->waiting.add(std::move(frame));
}

void NeighbourCache::set_reachable(Entry& entry, TimePoint now) noexcept {
  entry.state = State::reachable;
  entry.requests = 0;
  entry.deadline = now + reachable_;
}

void NeighbourCache::flush(Entry& entry) noexcept {
  WaitingFrames waiting;
  waiting.append(entry.waiting);
  if (!waiting.empty()) user_.resolved(entry.mac, waiting);
}

void NeighbourCache::learn(const IpAddress& neighbour, const NeighbourNews& news) noexcept {
  const TimePoint now = ticks_.now();
  Entry* entry = look_up(neighbour);
  if (entry == nullptr) {
    if (!news.creates) return;
    entry = create(neighbour);
    if (entry == nullptr) return;
    entry->mac = news.mac;
    entry->state = State::stale;
    return;
  }
  if (entry->state == State::incomplete) {
    --unresolved_;
    entry->mac = news.mac;
    entry->state = State::stale;
    if (news.solicited) set_reachable(*entry, now);
    flush(*entry);
    return;
  }
  const bool is_other = entry->mac != news.mac;
  if (is_other && !news.replaces) {
    if (entry->state == State::reachable) entry->state = State::stale;
    return;
  }
  entry->mac = news.mac;
  if (news.solicited) {
    set_reachable(*entry, now);
  } else if (is_other) {
    entry->state = State::stale;
  }
}

void NeighbourCache::confirm(const IpAddress& neighbour) noexcept {
  Entry* const entry = look_up(neighbour);
  if (entry != nullptr && entry->state != State::incomplete) set_reachable(*entry, ticks_.now());
}

void NeighbourCache::clear() noexcept {
  for (Entry& entry : *entries_) {
    if (entry.state != State::unused) forget(entry);
  }
}

NeighbourCache::State NeighbourCache::state(const IpAddress& neighbour) const noexcept {
  const Entry* const entry = look_up(neighbour);
  if (entry == nullptr) return State::unused;
  const bool aged = entry->state == State::reachable && entry->deadline <= ticks_.now();
  return aged ? State::stale : entry->state;
}

void NeighbourCache::tick(TimePoint now) noexcept {
  for (Entry& entry : *entries_) tick(entry, now);
}

void NeighbourCache::tick(Entry& entry, TimePoint now) noexcept {
  if (entry.state != State::incomplete && entry.state != State::delay &&
      entry.state != State::probe) {
    return;
  }
  if (now < entry.deadline) return ticks_.tick_at(entry.deadline);
  if (entry.state == State::delay) {
    entry.state = State::probe;
    entry.requests = 0;
    return request(entry, now);
  }
  if (entry.requests < limits::neighbour_requests) return request(entry, now);
  // Others hear of it before it is forgotten, and may send to it again from in there.
  const IpAddress address = entry.address;
  WaitingFrames waiting;
  waiting.append(entry.waiting);
  forget(entry);
  user_.unanswered(address, waiting);
}

}  // namespace sundog::net
