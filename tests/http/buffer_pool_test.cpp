// What connections share of memory.
#include "sundog/io/http/buffer_pool.hpp"

#include <vector>

#include "tests/allocations.hpp"
#include "tests/catch.hpp"

using namespace sundog::http;

TEST_CASE(
    "a pool gives again what it was given back, of the same size, and keeps a bounded amount") {
  BufferPool pool;
  char* first = nullptr;
  {
    const auto buffer = BufferPool::take(&pool, 100);
    first = buffer.get();
  }
  CHECK(pool.kept_bytes() == 100);
  {
    const auto other_size = BufferPool::take(&pool, 200);
    CHECK(other_size.get() != first);
    const auto same_size = BufferPool::take(&pool, 100);
    CHECK(same_size.get() == first);
    CHECK(pool.kept_bytes() == 0);
  }
  {
    std::vector<BufferPool::Buffer> many;
    for (std::size_t size = 1; size <= 10; ++size) {
      for (int i = 0; i < 100; ++i) many.push_back(BufferPool::take(&pool, size));
    }
  }
  // 100 and 200 are two of the sizes already.
  CHECK(pool.kept_bytes() == 100 + 200 + BufferPool::kept_max * (1 + 2));
  pool.shrink();
  CHECK(pool.kept_bytes() == 0);
}

TEST_CASE("a pool leaves nothing behind, and without one the heap serves") {
  const auto before = sundog::test::live_allocation_count();
  {
    BufferPool pool;
    for (int i = 0; i < 5; ++i) {
      const auto a = BufferPool::take(&pool, 64);
      const auto b = BufferPool::take(nullptr, 64);
      const InPool<std::vector<int>> in_pool(&pool);
      in_pool->assign(100, 7);
      const InPool<std::vector<int>> in_heap(nullptr);
      in_heap->assign(100, 7);
      CHECK(*in_pool == *in_heap);
    }
  }
  CHECK(sundog::test::live_allocation_count() == before);
}
