#include "runtime/frame_pool.hpp"

#include <cstdint>
#include <cstring>
#include <vector>

#include "runtime/fair.hpp"
#include "tests/catch.hpp"

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
      const std::size_t bytes = Fair::index(FramePool::pooled_bytes_max + 500);
      auto* memory = static_cast<unsigned char*>(FramePool::allocate(bytes));
      REQUIRE(reinterpret_cast<std::uintptr_t>(memory) % FramePool::class_step_bytes == 0);
      const auto mark = static_cast<unsigned char>(Fair::index(256));
      std::memset(memory, mark, bytes);
      blocks.push_back(Block{memory, bytes, mark});
    }
  }
  for (const Block& block : blocks) FramePool::deallocate(block.memory, block.bytes);
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
