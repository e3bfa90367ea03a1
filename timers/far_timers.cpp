#include "sundog/timers/far_timers.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

// A place says which chunk and which entry of it.
constexpr std::uint32_t place_step = 16;

// How much later; also between times that are further apart than a Duration can say.
std::uint64_t difference_ns(TimePoint later, TimePoint earlier) noexcept {
  return static_cast<std::uint64_t>(later.time_since_epoch().count()) -
         static_cast<std::uint64_t>(earlier.time_since_epoch().count());
}

// `start` + `offset_ns`, but not after `end`.
TimePoint later(TimePoint start, std::uint64_t offset_ns, TimePoint end) noexcept {
  if (offset_ns >= difference_ns(end, start)) return end;
  const auto start_ns = static_cast<std::uint64_t>(start.time_since_epoch().count());
  return TimePoint(Duration(static_cast<Duration::rep>(start_ns + offset_ns)));
}

}  // namespace

std::uint32_t FarTimers::take_chunk() noexcept {
  if (free_ == none) return unused_++;
  const std::uint32_t index = free_;
  free_ = chunk(index).next;
  return index;
}

void FarTimers::free_chunk(std::uint32_t index) noexcept {
  chunk(index).next = free_;
  free_ = index;
}

void FarTimers::put(std::uint16_t bucket_index, TimerEntry entry) noexcept {
  Bucket& bucket = buckets_[bucket_index];
  if (bucket.first == none || chunk(bucket.first).count == chunk_entries) {
    const std::uint32_t index = take_chunk();
    Chunk& added = chunk(index);
    added.next = bucket.first;
    added.bucket = bucket_index;
    added.count = 0;
    bucket.first = index;
  }
  Chunk& filled = chunk(bucket.first);
  entry.timer->place_ = TimerHook::far_place + bucket.first * place_step + filled.count;
  filled.entries[filled.count++] = entry;
  ++bucket.count;
}

void FarTimers::put_on_rung(std::size_t number, TimerEntry entry) noexcept {
  Rung& rung = rungs_[number];
  const std::uint64_t exact = difference_ns(entry.deadline, rung.start) >> rung.width_bits;
  const std::uint64_t index = std::min<std::uint64_t>(exact, rung_buckets - 1);
  rung.used |= std::uint64_t{1} << index;
  put(bucket_of(number, index), entry);
}

void FarTimers::add(TimerEntry entry) noexcept {
  ++size_;
  if (entry.deadline >= top_begin_) {
    put(top, entry);
    return;
  }
  std::size_t rung = 0;
  while (entry.deadline < rungs_[rung].begin) ++rung;
  put_on_rung(rung, entry);
}

void FarTimers::remove(TimerHook& timer) noexcept {
  const std::uint32_t place = timer.place_ - TimerHook::far_place;
  timer.place_ = TimerHook::nowhere;
  Chunk& gap = chunk(place / place_step);
  Bucket& bucket = buckets_[gap.bucket];
  const std::uint16_t bucket_index = gap.bucket;
  // The bucket's last entry moves into the gap: the order within a bucket means nothing.
  const std::uint32_t first_index = bucket.first;
  Chunk& first = chunk(first_index);
  const TimerEntry& last = first.entries[--first.count];
  if (last.timer != &timer) {
    gap.entries[place % place_step] = last;
    last.timer->place_ = TimerHook::far_place + place;
  }
  if (first.count == 0) {
    bucket.first = first.next;
    free_chunk(first_index);
  }
  --bucket.count;
  if (bucket.count == 0 && bucket_index < top) {
    rungs_[bucket_index / rung_buckets].used &= ~(std::uint64_t{1} << bucket_index % rung_buckets);
  }
  lost(1);
}

void FarTimers::lost(std::size_t count) noexcept {
  size_ -= count;
  if (size_ > 0) return;
  rung_count_ = 0;
  top_begin_ = never;
}

template <class Take>
void FarTimers::take_all(std::uint16_t bucket, Take take) noexcept {
  std::uint32_t index = std::exchange(buckets_[bucket], Bucket()).first;
  while (index != none) {
    const Chunk& taken = chunk(index);
    const std::uint32_t next = taken.next;
    if (next != none) {
      // Each timer's place will be written: have the next ones come from memory all at once.
      for (const TimerEntry& entry : chunk(next).entries) __builtin_prefetch(entry.timer, 1);
    }
    for (std::size_t i = 0; i < taken.count; ++i) take(taken.entries[i]);
    free_chunk(index);
    index = next;
  }
}

// The bucket with the nearest timers. What is before its end is from now on nearer than far.
std::uint16_t FarTimers::nearest_bucket() noexcept {
  for (; rung_count_ > 0; --rung_count_) {
    Rung& rung = rungs_[rung_count_ - 1];
    if (rung.used == 0) continue;
    const auto index = static_cast<std::uint64_t>(std::countr_zero(rung.used));
    rung.used &= rung.used - 1;
    rung.begin = index == rung_buckets - 1
                     ? rung.end
                     : later(rung.start, (index + 1) << rung.width_bits, rung.end);
    return bucket_of(rung_count_ - 1, index);
  }
  top_begin_ = never;
  return top;
}

// Spreads a bucket over a new rung, which ends where the far timers began. False: nothing has
// changed, for all its deadlines are equal or there are too many rungs.
bool FarTimers::add_rung(std::uint16_t source) noexcept {
  if (rung_count_ == rungs_max) return false;
  TimePoint first = TimePoint::max();
  TimePoint last = TimePoint::min();
  for (std::uint32_t index = buckets_[source].first; index != none; index = chunk(index).next) {
    for (std::size_t i = 0; i < chunk(index).count; ++i) {
      first = std::min(first, chunk(index).entries[i].deadline);
      last = std::max(last, chunk(index).entries[i].deadline);
    }
  }
  if (first == last) return false;
  const auto range_bits = static_cast<int>(std::bit_width(difference_ns(last, first)));
  const int width_bits = std::max(0, range_bits - rung_bits);
  if (rung_count_ == 0) {
    // As wide as the timers that are there: later ones go to the top.
    const std::uint64_t last_bucket = std::uint64_t{rung_buckets - 1} << width_bits;
    const std::uint64_t width = std::uint64_t{1} << width_bits;
    top_begin_ = later(later(first, last_bucket, top_begin_), width, top_begin_);
  }
  rungs_[rung_count_] = Rung(first, first, begin(), width_bits, 0);
  const std::size_t number = rung_count_++;
  take_all(source, [&](const TimerEntry& entry) { put_on_rung(number, entry); });
  return true;
}

void FarTimers::give_nearest(SleepHeap& near) noexcept {
  for (;;) {
    const std::uint16_t bucket = nearest_bucket();
    if (buckets_[bucket].count > few && add_rung(bucket)) continue;
    lost(buckets_[bucket].count);
    take_all(bucket, [&](const TimerEntry& entry) { near.add(entry); });
    return;
  }
}

bool FarTimers::spread(SleepHeap& near) noexcept {
  if (rung_count_ == rungs_max) return false;
  for (const TimerEntry& entry : near.entries()) put(spilled, entry);
  size_ += near.size();
  near.clear();
  const bool done = add_rung(spilled);
  if (done) {
    give_nearest(near);
  } else {
    lost(buckets_[spilled].count);
    take_all(spilled, [&](const TimerEntry& entry) { near.add(entry); });
  }
  return done;
}

void FarTimers::reserve(std::size_t count) {
  // All full but one in each bucket, and the one whose entries are being moved.
  const std::size_t chunks = count / chunk_entries + std::min(count, bucket_count) + 1;
  while (blocks_.size() * block_chunks < chunks) {
    SUNDOG_PROBE("far timers needed memory");
    blocks_.push_back(std::make_unique<Block>());
  }
}

}  // namespace sundog
