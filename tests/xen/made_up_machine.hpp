// A machine made up for tests of what io/xen draws from one: its source of random numbers, its
// clocks and the toolstack's seed are set by the test.
#pragma once

#include <cstdint>
#include <string>

namespace sundog::xen::made_up {

// What processor_random() gives next; false where there is none.
struct Processor {
  bool has_source = false;
  bool repeats = false;  // the same word again and again
  std::uint64_t word = 0;
};
inline Processor processor;

// What the toolstack has laid into xenstore: taken once.
inline std::string seed_in_store;

inline std::uint64_t time_ns = 0;

// As after a resume: runs what has joined set_up().
void resume();

}  // namespace sundog::xen::made_up
