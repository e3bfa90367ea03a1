#include "tests/sim/random_tasks/program.hpp"

#include <fmt/format.h>

#include <chrono>
#include <iterator>
#include <string_view>

namespace sundog::sim::random_tasks {
namespace {

using namespace std::chrono_literals;

constexpr Duration duration_max = 1000s;
constexpr std::size_t depth_max = 5;
constexpr std::uint32_t nodes_max = 60;

constexpr std::string_view kind_names[] = {"sleep",   "failure", "sequence", "pause",    "join",
                                           "pick",    "timeout", "protect",  "hurry",    "scope",
                                           "dismiss", "each",    "recover",  "async",    "abandon",
                                           "drop",    "choose",  "stream",   "condition"};

class Generator {
 public:
  explicit Generator(Prng& prng) : prng_(prng) {}

  std::unique_ptr<Node> make(std::size_t depth) {
    auto node = std::make_unique<Node>();
    node->number = count_++;
    node->kind = draw_kind(depth);
    // Short ones are as likely as long ones: then timeouts come in the middle of what they limit.
    node->duration_ns = prng_.between(1ns, duration_max / (1 << prng_.below(8))).count();
    const std::uint64_t child_count = draw_child_count(node->kind);
    for (std::uint64_t i = 0; i < child_count; ++i) node->children.push_back(make(depth + 1));
    if (node->kind == Kind::sequence && prng_.below(2) == 0) add_pause(*node);
    return node;
  }
  std::uint32_t count() const noexcept { return count_; }

 private:
  Kind draw_kind(std::size_t depth) {
    if (depth >= depth_max || count_ >= nodes_max) return leaf();
    if (depth > 1 && prng_.below(4) == 0) return leaf();
    constexpr Kind inner[] = {
        Kind::sequence, Kind::sequence, Kind::sequence, Kind::join,     Kind::pick,  Kind::pick,
        Kind::timeout,  Kind::timeout,  Kind::protect,  Kind::hurry,    Kind::scope, Kind::scope,
        Kind::dismiss,  Kind::each,     Kind::each,     Kind::recover,  Kind::async, Kind::abandon,
        Kind::drop,     Kind::choose,   Kind::stream,   Kind::condition};
    return inner[prng_.below(std::size(inner))];
  }
  Kind leaf() { return prng_.below(6) == 0 ? Kind::failure : Kind::sleep; }

  std::uint64_t draw_child_count(Kind kind) {
    switch (kind) {
      case Kind::sleep:
      case Kind::failure:
      case Kind::pause:
        return 0;
      case Kind::sequence:
      case Kind::join:
      case Kind::pick:
      case Kind::scope:
      case Kind::dismiss:
      case Kind::each:
      case Kind::choose:
      case Kind::stream:
      case Kind::condition:
        return prng_.between(1, 4);
      default:
        return 1;
    }
  }

  // Never the first: a task that takes no time at all could end together with another.
  void add_pause(Node& sequence) {
    auto pause = std::make_unique<Node>();
    pause->kind = Kind::pause;
    pause->number = count_++;
    const std::uint64_t place = prng_.between(1, sequence.children.size());
    sequence.children.insert(sequence.children.begin() + static_cast<std::ptrdiff_t>(place),
                             std::move(pause));
  }

  Prng& prng_;
  std::uint32_t count_ = 0;
};

std::string describe(const Record& record) {
  if (!record.began) return "never began";
  constexpr std::string_view ends[] = {"never ended", "value", "failure", "unwound"};
  return fmt::format("{}..{} {} {}", record.begin_ns, record.end_ns,
                     ends[static_cast<std::size_t>(record.end)], record.value);
}

void describe(std::string& text, const Node& node, std::size_t depth, const Records& expected,
              const Records& actual) {
  const Record& wanted = expected[node.number];
  const Record& found = actual[node.number];
  text += fmt::format("{:{}}{} {} ({} ns): {}", "", 2 * depth,
                      kind_names[static_cast<std::size_t>(node.kind)], node.number,
                      node.duration_ns, describe(wanted));
  if (wanted != found) text += "   BUT IT DID: " + describe(found);
  text += "\n";
  for (const auto& child : node.children) describe(text, *child, depth + 1, expected, actual);
}

}  // namespace

Program generate(Prng& prng) {
  Generator generator(prng);
  Program program;
  program.root = generator.make(0);
  program.node_count = generator.count();
  return program;
}

std::string describe(const Program& program, const Records& expected, const Records& actual) {
  std::string text;
  describe(text, *program.root, 0, expected, actual);
  return text;
}

}  // namespace sundog::sim::random_tasks
