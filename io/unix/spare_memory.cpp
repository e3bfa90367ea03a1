#include "sundog/io/spare_memory.hpp"

#include <malloc.h>

namespace sundog {

void give_back_spare_memory() noexcept { ::malloc_trim(0); }

}  // namespace sundog
