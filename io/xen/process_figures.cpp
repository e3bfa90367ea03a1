#include "sundog/io/process_figures.hpp"

#include "sundog/io/xen/memory.hpp"

namespace sundog {

ProcessFigures process_figures() {
  const xen::MemoryUse use = xen::memory_use();
  ProcessFigures figures;
  figures.memory_bytes = use.total_bytes - use.free_bytes;
  figures.memory_max_bytes = use.total_bytes;
  return figures;
}

}  // namespace sundog
