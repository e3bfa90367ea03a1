#include "sundog/runtime/frame_pool.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "sundog/runtime/language/fair.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/allocations.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

using namespace sundog;

TEST_CASE("the pool gives distinct, aligned memory of every size and takes it back") {
  struct Block {
    unsigned char* memory;
    std::size_t bytes;
    unsigned char mark;
  };
  std::vector<Block> blocks;
  for (int round = 0; round < 20'000; ++round) {
    if (!blocks.empty() && Fair::index(2) == 0) {
      const std::size_t index = Fair::index(blocks.size());
      const Block block = blocks[index];
      for (std::size_t i = 0; i < block.bytes; ++i) REQUIRE(block.memory[i] == block.mark);
      FramePool::deallocate(block.memory, block.bytes);
      blocks[index] = blocks.back();
      blocks.pop_back();
    } else {
      const std::size_t bytes = 1 + Fair::index(FramePool::pooled_bytes_max + 500);
      auto* memory = static_cast<unsigned char*>(FramePool::allocate(bytes));
      const std::size_t size_bytes = (bytes + sizeof(void*) - 1) & ~(sizeof(void*) - 1);
      const std::size_t alignment =
          size_bytes % FramePool::alignment == 0 ? FramePool::alignment : sizeof(void*);
      REQUIRE(reinterpret_cast<std::uintptr_t>(memory) % alignment == 0);
      const auto mark = static_cast<unsigned char>(Fair::index(256));
      std::memset(memory, mark, bytes);
      blocks.push_back(Block{memory, bytes, mark});
    }
  }
  for (const Block& block : blocks) FramePool::deallocate(block.memory, block.bytes);
}

TEST_CASE("blocks may be freed on the other side of a bypass than they were allocated on") {
  std::vector<std::pair<void*, std::size_t>> before;
  for (std::size_t bytes = 0; bytes <= FramePool::pooled_bytes_max; bytes += 7) {
    before.emplace_back(FramePool::allocate(bytes), bytes);
  }
  std::vector<std::pair<void*, std::size_t>> meanwhile;
  {
    const FramePool::Bypass bypass;
    for (const auto& [memory, bytes] : before) FramePool::deallocate(memory, bytes);
    for (const auto& [memory, bytes] : before) {
      meanwhile.emplace_back(FramePool::allocate(bytes), bytes);
      std::memset(meanwhile.back().first, 1, bytes);
    }
    for (const auto& pooled : before) {
      for (const auto& fresh : meanwhile) {
        if (SUNDOG_POOL_BYPASSED == 0) REQUIRE(pooled.first != fresh.first);
      }
    }
  }
  for (const auto& [memory, bytes] : meanwhile) FramePool::deallocate(memory, bytes);
  // Each of them is as large as the pool takes it for.
  for (const auto& [memory, bytes] : before) {
    void* again = FramePool::allocate(bytes);
    std::memset(again, 2, bytes);
    FramePool::deallocate(again, bytes);
  }
}

namespace {

struct alignas(PromiseBase::alignment_max) Aligned {
  const void* self = this;
};

// Frames of several sizes; what is in them needs the greatest alignment.
template <std::size_t Words>
Task<bool> holds_aligned() {
  std::array<volatile std::uint64_t, Words> padding;
  padding[0] = 1;
  const Aligned aligned;
  co_await yield();
  co_return aligned.self ==
          &aligned&& reinterpret_cast<std::uintptr_t>(&aligned) % alignof(Aligned) == 0 &&
      padding[0] == 1;
}

}  // namespace

TEST_CASE("what stands in a frame is aligned, whatever the frame's size") {
  test::run_on_test_clock([]() -> Task<void> {
    for (int i = 0; i < 100; ++i) {
      const bool aligned[] = {co_await holds_aligned<1>(), co_await holds_aligned<2>(),
                              co_await holds_aligned<3>(), co_await holds_aligned<4>()};
      for (const bool each : aligned) REQUIRE(each);
    }
  }());
}

TEST_CASE("a fair choice takes each about equally often, and the same after the same seed") {
  int counts[5] = {};
  Fair::seed(1);
  for (int i = 0; i < 5000; ++i) ++counts[Fair::index(5)];
  for (const int count : counts) CHECK((count > 850 && count < 1150));
  Fair::seed(7);
  const std::size_t first = Fair::index(1000);
  Fair::seed(7);
  CHECK(Fair::index(1000) == first);
}

TEST_CASE("trimming gives back the slabs in which nothing is in use, and no other") {
  if (SUNDOG_POOL_BYPASSED != 0) return;
  FramePool::trim();
  struct Block {
    unsigned char* memory;
    std::size_t bytes;
  };
  std::vector<Block> blocks;
  std::size_t taken_bytes = 0;
  for (std::size_t bytes = 1; taken_bytes < 100 * FramePool::slab_bytes;
       bytes = (bytes + 37) % FramePool::pooled_bytes_max + 1) {
    blocks.push_back(Block{static_cast<unsigned char*>(FramePool::allocate(bytes)), bytes});
    std::memset(blocks.back().memory, 1, bytes);
    taken_bytes += bytes;
  }
  CHECK(FramePool::trim() == 0);
  {
    const test::FailingAllocation failing(0);
    CHECK(FramePool::trim() == 0);
  }
  // Of the first half a block is kept in about every third slab.
  std::vector<Block> kept;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const bool keep = i < blocks.size() / 2 && i % 200 == 0;
    if (keep) {
      kept.push_back(blocks[i]);
    } else {
      FramePool::deallocate(blocks[i].memory, blocks[i].bytes);
    }
  }
  const std::size_t given_back_bytes = FramePool::trim();
  CHECK(given_back_bytes >= 48 * FramePool::slab_bytes);
  CHECK(given_back_bytes < 100 * FramePool::slab_bytes);
  CHECK(FramePool::trim() == 0);
  // What was kept is as it was, and what is allocated anew overlaps none of it.
  for (const Block& block : kept) std::memset(block.memory, 2, block.bytes);
  std::vector<Block> others;
  for (std::size_t bytes = 1; bytes < 2000; ++bytes) {
    others.push_back(Block{static_cast<unsigned char*>(FramePool::allocate(bytes)), bytes});
    std::memset(others.back().memory, 3, bytes);
  }
  bool intact = true;
  for (const Block& block : kept) {
    for (std::size_t i = 0; i < block.bytes; ++i) intact = intact && block.memory[i] == 2;
    FramePool::deallocate(block.memory, block.bytes);
  }
  CHECK(intact);
  for (const Block& block : others) FramePool::deallocate(block.memory, block.bytes);
  CHECK(FramePool::trim() > given_back_bytes / 4);
}

TEST_CASE("trimming leaves alone what was allocated while the pool was bypassed") {
  void* outside = nullptr;
  {
    const FramePool::Bypass bypass;
    outside = FramePool::allocate(104);
  }
  FramePool::deallocate(outside, 104);
  FramePool::trim();
  void* const again = FramePool::allocate(104);
  std::memset(again, 1, 104);
  FramePool::deallocate(again, 104);
}
