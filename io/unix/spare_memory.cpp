#include "sundog/io/spare_memory.hpp"

#include <malloc.h>

#include "sundog/runtime/frame_pool.hpp"

namespace sundog {

void give_back_spare_memory() noexcept {
  FramePool::trim();
  ::malloc_trim(0);
}

}  // namespace sundog
