#include "sundog/io/http/buffer_pool.hpp"

#include <algorithm>
#include <array>

namespace sundog::http {
namespace {

struct Kept {
  std::size_t size = 0;
  std::unique_ptr<char[]> bytes;
};

struct Pool {
  std::array<Kept, BufferPool::kept_max> kept;
  std::size_t count = 0;
};

// Not to be inlined into a coroutine, which would keep its address from one thread to another.
[[gnu::noinline]] Pool& pool() {
  static thread_local Pool of_thread;
  return of_thread;
}

}  // namespace

BufferPool::Buffer BufferPool::take(std::size_t size) {
  Pool& pool = http::pool();
  // There are hardly more than two sizes.
  for (std::size_t i = pool.count; i-- > 0;) {
    if (pool.kept[i].size != size) continue;
    char* const bytes = pool.kept[i].bytes.release();
    std::swap(pool.kept[i], pool.kept[--pool.count]);
    return Buffer(bytes, GiveBack{size});
  }
  return Buffer(std::make_unique_for_overwrite<char[]>(size).release(), GiveBack{size});
}

void BufferPool::GiveBack::operator()(char* bytes) const noexcept {
  std::unique_ptr<char[]> back(bytes);
  Pool& pool = http::pool();
  if (pool.count < kept_max) pool.kept[pool.count++] = Kept{size, std::move(back)};
}

}  // namespace sundog::http
