#include "sundog/io/spare_memory.hpp"

#include "sundog/runtime/frame_pool.hpp"

namespace sundog {

// A guest keeps the memory that it was given.
void give_back_spare_memory() noexcept { FramePool::trim(); }

}  // namespace sundog
