#include "sundog/io/xen/memory.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include "tests/catch.hpp"

namespace sundog::xen {
namespace {

constexpr std::size_t page_count = 64;
alignas(page_bytes) std::array<std::byte, page_count * page_bytes> domain_memory;

// The allocator belongs to the domain, so there is one; each test leaves it with all its pages
// free.
void have_memory() {
  static const bool given = [] {
    const auto start = reinterpret_cast<std::uintptr_t>(domain_memory.data());
    add_memory(start + 1, start + domain_memory.size());  // the first page is not whole
    return true;
  }();
  static_cast<void>(given);
  REQUIRE(memory_use().total_bytes == (page_count - 1) * page_bytes);
  REQUIRE(memory_use().free_bytes == memory_use().total_bytes);
}

bool is_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](std::byte byte) { return byte == std::byte{0}; });
}

TEST_CASE("all memory can be had in one piece, and no page more") {
  have_memory();
  void* const all = allocate_pages(page_count - 1);
  REQUIRE(all != nullptr);
  CHECK(memory_use().free_bytes == 0);
  CHECK(allocate_pages(1) == nullptr);
  free_pages(all, page_count - 1);
}

TEST_CASE("pages come zeroed, also when they were used before") {
  have_memory();
  void* const first = allocate_pages(3);
  std::memset(first, 0xff, 3 * page_bytes);
  free_pages(first, 3);
  auto* const again = static_cast<std::byte*>(allocate_pages(3));
  CHECK(is_zero({again, 3 * page_bytes}));
  free_pages(again, 3);
}

TEST_CASE("a part of an allocation can be given back, from its middle too") {
  have_memory();
  auto* const pages = static_cast<std::byte*>(allocate_pages(5));
  free_pages(pages + 2 * page_bytes, 1);
  CHECK(allocate_pages(1) == pages + 2 * page_bytes);
  free_pages(pages, 5);
}

TEST_CASE("nothing is asked for with nothing") { CHECK(allocate_pages(0) == nullptr); }

TEST_CASE("allocations never overlap, and what was freed joins again, in any order") {
  have_memory();
  struct Run {
    std::byte* pages;
    std::size_t count;
    std::byte mark;
  };
  std::vector<Run> runs;
  std::minstd_rand random(1);
  const auto marked = [](const Run& run) {
    const std::span bytes(run.pages, run.count * page_bytes);
    return std::all_of(bytes.begin(), bytes.end(),
                       [&](std::byte byte) { return byte == run.mark; });
  };
  for (int step = 0; step < 2000; ++step) {
    const std::size_t count = 1 + random() % 9;
    auto* const pages = static_cast<std::byte*>(allocate_pages(count));
    if (pages != nullptr) {
      REQUIRE(is_zero({pages, count * page_bytes}));
      runs.push_back({pages, count, static_cast<std::byte>(1 + step % 255)});
      std::memset(pages, 1 + step % 255, count * page_bytes);
    }
    if (pages == nullptr || random() % 2 == 0) {
      std::swap(runs[random() % runs.size()], runs.back());
      REQUIRE(marked(runs.back()));
      free_pages(runs.back().pages, runs.back().count);
      runs.pop_back();
    }
  }
  for (const Run& run : runs) free_pages(run.pages, run.count);
  void* const all = allocate_pages(page_count - 1);
  CHECK(all != nullptr);
  free_pages(all, page_count - 1);
}

}  // namespace
}  // namespace sundog::xen
