// FarTimers: the timers that are not due soon, sorted only as far as they must be.
//
// Buckets of timers, each with a range of deadlines, unsorted within. When the nearest bucket is
// wanted and holds many timers it is spread over 64 narrower ones, a rung of a ladder, and so on
// down until the nearest holds few. However many timers there are, each is moved two or three times
// until it is near, where a heap would move some ten others each time it gives one out; and these
// moves are known in advance, so that the processor fetches many timers at once. (Tang, Goh and
// Thng, "Ladder queue: an O(1) priority queue structure for large-scale discrete event simulation",
// 2005; theirs cannot cancel.)
//
//   now                                                                       time -->
//    | SleepHeap | rung 1: 64 buckets | rung 0: the buckets not yet spread | the top: one bucket
//                ^ begin()
//
// Adding and cancelling are O(1); a cancelled timer's entry is given back at once. Entries stand in
// chunks of 256 bytes, so that memory grows without copying, and no bucket needs room for itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sundog/timers/sleep_heap.hpp"
#include "sundog/timers/timer.hpp"

namespace sundog {

class FarTimers {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  // Where the far timers begin: earlier ones do not belong here. `never` when empty.
  TimePoint begin() const noexcept {
    return rung_count_ == 0 ? top_begin_ : rungs_[rung_count_ - 1].begin;
  }

  // Adds a timer with a deadline not before begin(). There must be room. O(1).
  void add(TimerEntry entry) noexcept;
  // Takes out a timer that is here. O(1).
  void remove(TimerHook& timer) noexcept;

  // Moves the nearest timers, some hundred if there are so many, to the heap, which has room for
  // them; begin() is later than their deadlines then. There must be one.
  void give_nearest(SleepHeap& near) noexcept;
  // Takes over all timers of a heap that has become large, and gives it the nearest of them back.
  // False: nothing has changed, for they cannot be told apart or there are too many rungs.
  bool spread(SleepHeap& near) noexcept;

  // Room for `count` timers in all, in whatever buckets. Throws std::bad_alloc.
  void reserve(std::size_t count);

 private:
  // A chunk's first entry is its head.
  static constexpr std::uint32_t chunk_entries = 15;
  static constexpr std::uint32_t block_chunks = 256;
  static constexpr std::uint32_t none = UINT32_MAX;
  struct Chunk {
    std::uint32_t next;
    std::uint16_t bucket;
    std::uint16_t count;
    std::array<TimerEntry, chunk_entries> entries;
  };
  using Block = std::array<Chunk, block_chunks>;

  static constexpr int rung_bits = 6;
  static constexpr std::uint32_t rung_buckets = 1U << rung_bits;
  static constexpr std::uint32_t rungs_max = 8;
  static constexpr std::uint16_t top = rungs_max * rung_buckets;
  static constexpr std::uint16_t spilled = top + 1;  // what came from the heap, for a moment
  static constexpr std::size_t bucket_count = spilled + 1;
  // A bucket with so many timers goes to the heap as it is.
  static constexpr std::size_t few = 256;
  struct Bucket {
    std::uint32_t first = none;  // the chunk that is being filled; those behind it are full
    std::uint32_t count = 0;
  };
  // Bucket i begins at start + (i << width_bits); the last one ends where the rung ends.
  struct Rung {
    TimePoint start;
    TimePoint begin;  // of the buckets that were not taken yet
    TimePoint end;
    int width_bits;
    std::uint64_t used;  // which buckets hold timers
  };

  static std::uint16_t bucket_of(std::size_t rung, std::size_t index) noexcept {
    return static_cast<std::uint16_t>(rung * rung_buckets + index);
  }
  Chunk& chunk(std::uint32_t index) noexcept {
    return (*blocks_[index / block_chunks])[index % block_chunks];
  }
  std::uint32_t take_chunk() noexcept;
  void free_chunk(std::uint32_t index) noexcept;
  void put(std::uint16_t bucket, TimerEntry entry) noexcept;
  void put_on_rung(std::size_t rung, TimerEntry entry) noexcept;
  // Empties a bucket, chunk by chunk, and calls take(entry) for each of its timers.
  template <class Take>
  void take_all(std::uint16_t bucket, Take take) noexcept;
  std::uint16_t nearest_bucket() noexcept;
  bool add_rung(std::uint16_t source) noexcept;
  void lost(std::size_t count) noexcept;

  std::size_t size_ = 0;
  TimePoint top_begin_ = never;
  std::size_t rung_count_ = 0;
  std::array<Rung, rungs_max> rungs_;  // each is nearer than the one before
  std::array<Bucket, bucket_count> buckets_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::uint32_t unused_ = 0;   // chunks from here on were never used
  std::uint32_t free_ = none;  // a list of those that were
};

}  // namespace sundog
