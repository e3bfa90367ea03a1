// Memory: what a simulated host has allocated, how much it may, and which of its allocations fail.
//
// Simulators are linked with operator_new.cpp, which charges each allocation
// to the host whose tasks run just then (Memory::Inside); what the simulated kernel and the world
// allocate for themselves is charged to nobody and never fails (Memory::Outside). While a World
// lives the frame pool is bypassed, so that every frame of a coroutine is an allocation too.
//
// Which allocation is the n-th depends on what the compiler has optimised away: worlds with failing
// allocations can be replayed with the same program, not necessarily with another build of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>

#include "sundog/io/sim/prng.hpp"

namespace sundog::sim {

class Memory {
 public:
  // A budget that is never used up.
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

  // `failed` is called, outside of the account, for each allocation that fails.
  explicit Memory(std::function<void()> failed);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // --- what fails; nothing, at first ------------------------------------------------------------

  // The n-th allocation from now on fails, counted from 0; and no other, unless told so.
  void fail_nth(std::uint64_t n) noexcept { until_failure_ = n + 1; }
  // Allocations fail from now on with this probability.
  void fail_with(PartsPerMillion probability, std::uint64_t seed) noexcept;
  // What would make it more than this fails.
  void set_budget(std::size_t bytes) noexcept { budget_bytes_ = bytes; }
  // Nothing fails any more.
  void heal() noexcept;

  // --- what happened ----------------------------------------------------------------------------

  // What is allocated now; how many blocks of it; and how many allocations failed.
  std::size_t bytes() const noexcept;
  std::size_t block_count() const noexcept;
  std::uint64_t failure_count() const noexcept { return failure_count_; }

  // To the end of the block, allocations of this thread are charged to this account.
  class Inside {
   public:
    explicit Inside(Memory& memory) noexcept;
    ~Inside();
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    Memory* before_;
  };
  // To the end of the block, they are charged to nobody: for the simulated kernel, and for what a
  // scenario notes down.
  class Outside {
   public:
    Outside() noexcept;
    ~Outside();
    Outside(const Outside&) = delete;
    Outside& operator=(const Outside&) = delete;

   private:
    Memory* before_;
  };

  // For operator new and operator delete. Throws std::bad_alloc.
  static void* allocate(std::size_t bytes);
  static void release(void* memory) noexcept;

 private:
  struct Account;
  struct Block;

  bool fails(std::size_t bytes) noexcept;
  void draw_next_failure() noexcept;

  // Outlives this as long as something is charged to it.
  Account* const account_;
  std::function<void()> failed_;
  std::size_t budget_bytes_ = unlimited;
  // The how many-th allocation from now on fails; 0 for none.
  std::uint64_t until_failure_ = 0;
  PartsPerMillion probability_ppm_ = 0;
  Prng prng_{0};
  std::uint64_t failure_count_ = 0;
};

}  // namespace sundog::sim
