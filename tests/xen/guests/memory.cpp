// The allocator in a domain: blocks of all sizes and alignments, in all orders, keep their contents
// apart and give every page back. Prints what the test compares.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "sundog/io/run.hpp"
#include "sundog/io/xen/memory.hpp"

namespace sundog {
namespace {

struct Block {
  unsigned char* bytes;
  std::size_t size;
  unsigned char mark;
};

std::size_t damaged_count = 0;
std::size_t misaligned_count = 0;

void check_and_free(const Block& block) {
  for (std::size_t place = 0; place < block.size; ++place) {
    if (block.bytes[place] == block.mark) continue;
    ++damaged_count;
    break;
  }
  std::free(block.bytes);
}

Block allocate(std::mt19937& random, std::size_t number) {
  const std::size_t size = (random() % 4 == 0 ? random() % 20'000 : random() % 600) + 1;
  const std::size_t alignment = std::size_t{1} << (random() % 16);
  const bool aligned = random() % 3 == 0;
  void* bytes = aligned ? std::aligned_alloc(alignment, size) : std::malloc(size);
  if (reinterpret_cast<std::uintptr_t>(bytes) % (aligned ? alignment : 16) != 0) ++misaligned_count;
  const auto mark = static_cast<unsigned char>(number);
  std::memset(bytes, mark, size);
  if (random() % 8 != 0) return {static_cast<unsigned char*>(bytes), size, mark};
  // Grown or shrunk: what both sizes have in common stays.
  const std::size_t changed = random() % 3000 + 1;
  auto* const moved = static_cast<unsigned char*>(std::realloc(bytes, changed));
  return {moved, changed < size ? changed : size, mark};
}

void churn(std::size_t count) {
  std::mt19937 random(1);
  std::vector<Block> blocks;
  for (std::size_t number = 0; number < count; ++number) {
    if (blocks.size() < 300 && (blocks.empty() || random() % 2 == 0)) {
      blocks.push_back(allocate(random, number));
      continue;
    }
    const std::size_t index = random() % blocks.size();
    check_and_free(blocks[index]);
    blocks[index] = blocks.back();
    blocks.pop_back();
  }
  for (const Block& block : blocks) check_and_free(block);
}

Task<void> memory() {
  churn(1000);
  const std::size_t before = xen::memory_use().free_bytes;
  churn(200'000);
  const auto* const zeros = static_cast<unsigned char*>(std::calloc(25, 40));
  std::size_t not_zero_count = 0;
  for (int place = 0; place < 1000; ++place) not_zero_count += zeros[place] != 0;
  std::free(const_cast<unsigned char*>(zeros));
  std::printf("%zu damaged, %zu misaligned, %zu not zero, %zd bytes lost\n", damaged_count,
              misaligned_count, not_zero_count,
              static_cast<std::ptrdiff_t>(before - xen::memory_use().free_bytes));
  void* volatile too_much =
      std::calloc(SIZE_MAX / 2, 3);  // volatile, or the compiler allocates nothing
  std::printf("too much: %s\n", too_much == nullptr ? "refused" : "given");
  co_return;
}

}  // namespace
}  // namespace sundog

int main() { sundog::run(sundog::memory()); }
