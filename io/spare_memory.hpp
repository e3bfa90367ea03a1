// Memory that nobody uses, given back to the system.
//
// The runtime and the heap keep what was freed, since it is mostly wanted again at once. After a
// load that was much larger than what goes on now, that is memory that other programs lack.
#pragma once

namespace sundog {

// Gives back what this thread's frame pool and the heap keep, as far as the platform can. Takes
// some milliseconds for each 100 MB: call it at a quiet moment, and not often.
void give_back_spare_memory() noexcept;

}  // namespace sundog
