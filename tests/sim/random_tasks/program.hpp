// Random programs: trees of tasks that sleep, fail, join, pick, choose, time out, stream values,
// work through lists, signal conditions, shield themselves and cancel each other.
//
// Each node is executed at most once. All durations are drawn from a span so wide that two nodes
// never end at the same moment by chance: what a program does is then a function of times alone
// (reference.hpp), whatever order equals run in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sundog/io/sim/prng.hpp"

namespace sundog::sim::random_tasks {

enum class Kind : std::uint8_t {
  sleep,     // sleeps, gives its number
  failure,   // sleeps, throws its number
  sequence,  // one child after the other
  pause,     // yields
  join,
  pick,
  timeout,  // try_timeout of its child
  protect,
  hurry,    // protect(pick(child, until_cancelled() and some more)): a shielded task that ends when
            // told
  scope,    // the first child is the body, which spawns the others
  dismiss,  // a scope whose body runs the first child and then cancels the others, its tasks
  each,     // map_p or iter_p over its children, some of them at a time (see side_by_side)
  recover,  // catches what its child throws
  async,    // starts its child in the background and awaits it
  abandon,  // starts its child in the background, sleeps, cancels it, and awaits it
  drop,     // starts its child in the background, sleeps, and forgets about it
  choose,   // starts its children in the background and awaits the first of them
  stream,   // asks a stream of its children's values for the first few, and sleeps after each
  condition,  // the first child runs, then signals a condition: once for each of the others, with
              // sleeps in between, or once for all (see signals_all). They wait with the guard of a
              // mutex, which each must hold again when its wait ends
};

struct Node {
  Kind kind = Kind::sleep;
  std::uint32_t number = 0;  // its place in the records, and its value
  std::int64_t duration_ns = 0;
  std::vector<std::unique_ptr<Node>> children;
};

struct Program {
  std::unique_ptr<Node> root;
  std::uint32_t node_count = 0;
};

// What became of a node.
struct Record {
  enum class End : std::uint8_t { none, value, failure, unwound };
  bool began = false;
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  End end = End::none;
  std::uint32_t value = 0;  // or the number of the failure
  bool operator==(const Record&) const = default;
};
using Records = std::vector<Record>;

// How many values a stream node asks for: some of them, or all.
inline std::size_t wanted_count(const Node& node) noexcept {
  return 1 + static_cast<std::size_t>(node.duration_ns) % node.children.size();
}
// How many children of an each node run side by side, and whether by map_p or by iter_p.
inline std::size_t side_by_side(const Node& node) noexcept { return wanted_count(node); }
inline bool gives_values(const Node& node) noexcept { return node.duration_ns % 2 == 0; }
// Whether a condition node wakes all with one broadcast.
inline bool signals_all(const Node& node) noexcept { return node.duration_ns % 2 == 0; }

// How the values of children become the value of their parent.
constexpr std::uint32_t combine(std::uint32_t sum, std::uint32_t value) noexcept {
  return sum * 31 + value;
}
inline constexpr std::uint32_t late_value = 1'000'001;
inline constexpr std::uint32_t hurried_value = 1'000'002;
inline constexpr std::uint32_t canceled_value = 1'000'003;
inline constexpr std::uint32_t recovered_value = 1'000'004;
inline constexpr std::uint32_t dropped_value = 1'000'005;

Program generate(Prng& prng);

// The program as an indented list with its records, for people.
std::string describe(const Program& program, const Records& expected, const Records& actual);

}  // namespace sundog::sim::random_tasks
