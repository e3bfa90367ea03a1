// Trace: everything that happened in a simulated world, as a hash, and as lines for people if
// wanted.
//
// Two runs of one seed must give the same hash, on any machine: that is how one knows that nothing
// but the seed decided.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string_view>

namespace sundog::sim {

class Trace {
 public:
  // At `time_ns` of the world, on `host`, the operation on an object had this result (not negative,
  // or a negated errno).
  void record(std::int64_t time_ns, std::string_view host, std::string_view operation,
              std::uint64_t object, std::int64_t result) noexcept {
    mix(static_cast<std::uint64_t>(time_ns));
    for (const char letter : operation) mix(static_cast<unsigned char>(letter));
    mix(object);
    mix(static_cast<std::uint64_t>(result));
    ++count_;
    if (file_ != nullptr) print(time_ns, host, operation, object, result);
  }

  // Of all records so far, in order; and how many there were.
  std::uint64_t hash() const noexcept { return hash_; }
  std::uint64_t count() const noexcept { return count_; }

  // Prints each further record as a line. The file is the caller's and outlives the trace.
  void print_to(std::FILE* file) noexcept { file_ = file; }

 private:
  // FNV-1a (Fowler, Noll and Vo), eight bytes at a time.
  void mix(std::uint64_t value) noexcept {
    hash_ = (hash_ ^ value) * 0x100000001B3U;
    hash_ ^= hash_ >> 32;
  }
  void print(std::int64_t time_ns, std::string_view host, std::string_view operation,
             std::uint64_t object, std::int64_t result) const noexcept;

  std::uint64_t hash_ = 0xCBF29CE484222325U;
  std::uint64_t count_ = 0;
  std::FILE* file_ = nullptr;
};

}  // namespace sundog::sim
