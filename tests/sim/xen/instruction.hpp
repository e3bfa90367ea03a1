// What an instruction does to the word of memory at which it was stopped, as far as compilers
// differ in it: of `word |= bit` they make a load and a store, or one instruction that does both;
// of an atomic fetch_or() one instruction, or a load and a compare-and-exchange until it succeeds.
// For x86-64, the integer instructions that compilers use on words.
#pragma once

#include <cstdint>

namespace sundog::sim::xen {

enum class Effect : std::uint8_t {
  // Reads it, or writes it, or swaps it for another.
  one_access,
  // Reads it, and then writes what follows from that.
  read_then_write,
  compare_exchange,
};

// Of the instruction whose first byte is there.
Effect effect_of(const void* instruction) noexcept;

}  // namespace sundog::sim::xen
