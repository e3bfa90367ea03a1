#include "tests/sim/random_tasks/execute.hpp"

#include <chrono>
#include <new>
#include <optional>
#include <variant>

#include "sundog/runtime/choose.hpp"
#include "sundog/runtime/condition.hpp"
#include "sundog/runtime/each_element.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/mutex.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/stream_operations.hpp"
#include "sundog/runtime/yield.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::sim::random_tasks {
namespace {

struct NodeFailed {
  std::uint32_t number;
};

// Notes when a node begins, and when its frame's locals are destroyed.
class Note {
 public:
  Note(World& world, Record& record) : world_(world), record_(record) {
    if (record.began) world.fail("a node was executed twice");
    record.began = true;
    record.begin_ns = world.now_ns();
    record.end = Record::End::unwound;
  }
  ~Note() { record_.end_ns = world_.now_ns(); }
  Note(const Note&) = delete;
  Note& operator=(const Note&) = delete;

  std::uint32_t value(std::uint32_t value) {
    record_.end = Record::End::value;
    return record_.value = value;
  }
  void failure(std::uint32_t number) {
    record_.end = Record::End::failure;
    record_.value = number;
  }

 private:
  World& world_;
  Record& record_;
};

// Looks, when a wait has ended, however it did, whether the guard that was given to it is full.
class GuardHeld {
 public:
  GuardHeld(World& world, const Mutex::Guard& guard) noexcept : world_(world), guard_(guard) {}
  ~GuardHeld() {
    if (!guard_) world_.fail("a wait for a condition has left its guard empty");
  }
  GuardHeld(const GuardHeld&) = delete;
  GuardHeld& operator=(const GuardHeld&) = delete;

 private:
  World& world_;
  const Mutex::Guard& guard_;
};

class Executor {
 public:
  Executor(World& world, Records& records) : world_(world), records_(records) {}

  Task<std::uint32_t> run(const Node& node) {
    Note note(world_, records_[node.number]);
    try {
      const std::uint32_t value = co_await evaluate(node);
      co_return note.value(value);
    } catch (const NodeFailed& failure) {
      note.failure(failure.number);
      throw;
    }
  }

 private:
  Task<std::uint32_t> evaluate(const Node& node) {
    switch (node.kind) {
      case Kind::sleep:
      case Kind::failure:
        return sleep_node(node);
      case Kind::sequence:
        return sequence(node);
      case Kind::pause:
        return pause(node);
      case Kind::join:
        return join_node(node);
      case Kind::pick:
        return pick_node(node);
      case Kind::timeout:
        return timeout_node(node);
      case Kind::protect:
        return protect_node(node);
      case Kind::hurry:
        return hurry(node);
      case Kind::scope:
      case Kind::dismiss:
        return scope_node(node);
      case Kind::each:
        return each_node(node);
      case Kind::recover:
        return recover(node);
      case Kind::drop:
        return drop(node);
      case Kind::choose:
        return choose_node(node);
      case Kind::stream:
        return stream_node(node);
      case Kind::condition:
        return condition_node(node);
      case Kind::async:
      case Kind::abandon:
        return async_node(node);
    }
    return {};
  }

  Task<std::uint32_t> sleep_node(const Node& node) {
    co_await sleep(std::chrono::nanoseconds(node.duration_ns));
    if (node.kind == Kind::failure) throw NodeFailed(node.number);
    co_return node.number;
  }

  Task<std::uint32_t> sequence(const Node& node) {
    std::uint32_t sum = 0;
    for (const auto& child : node.children) {
      const std::uint32_t value = co_await run(*child);
      sum = combine(sum, value);
    }
    co_return sum;
  }

  Task<std::uint32_t> pause(const Node& node) {
    co_await yield();
    co_return node.number;
  }

  std::vector<Task<std::uint32_t>> run_all(const Node& node) {
    std::vector<Task<std::uint32_t>> tasks;
    for (const auto& child : node.children) tasks.push_back(run(*child));
    return tasks;
  }

  Task<std::uint32_t> join_node(const Node& node) {
    std::uint32_t sum = 0;
    // Both forms of join take part.
    if (node.children.size() == 2) {
      auto both = co_await join(run(*node.children[0]), run(*node.children[1]));
      sum = combine(combine(sum, std::get<0>(both)), std::get<1>(both));
    } else {
      const std::vector<std::uint32_t> values = co_await join(run_all(node));
      for (const std::uint32_t value : values) sum = combine(sum, value);
    }
    co_return sum;
  }

  Task<std::uint32_t> pick_node(const Node& node) {
    if (node.children.size() == 2) {
      auto won = co_await pick(run(*node.children[0]), run(*node.children[1]));
      const std::uint32_t value = won.index() == 0 ? std::get<0>(won) : std::get<1>(won);
      co_return combine(static_cast<std::uint32_t>(won.index()), value);
    }
    const auto won = co_await pick(run_all(node));
    co_return combine(static_cast<std::uint32_t>(won.index), won.value);
  }

  Task<std::uint32_t> timeout_node(const Node& node) {
    const std::optional<std::uint32_t> value =
        co_await try_timeout(run(*node.children[0]), std::chrono::nanoseconds(node.duration_ns));
    co_return value.value_or(late_value);
  }

  Task<std::uint32_t> protect_node(const Node& node) {
    const std::uint32_t value = co_await protect(run(*node.children[0]));
    co_return value;
  }

  Task<void> told(const Node& node) {
    co_await sleep(std::chrono::nanoseconds(node.duration_ns));
    co_await until_cancelled();
    // The moment of the cancellation belongs to what else ends by it.
    co_await sleep(std::chrono::nanoseconds(node.duration_ns));
  }
  Task<std::uint32_t> child_or_told(const Node& node) {
    auto won = co_await pick(run(*node.children[0]), told(node));
    co_return won.index() == 0 ? std::get<0>(won) : hurried_value;
  }
  Task<std::uint32_t> hurry(const Node& node) {
    const std::uint32_t value = co_await protect(child_or_told(node));
    co_return value;
  }

  Task<void> run_quietly(const Node& node) { co_await run(node); }
  Task<std::uint32_t> scope_node(const Node& node) {
    const auto body = [&](Scope& tasks) -> Task<std::uint32_t> {
      for (std::size_t i = 1; i < node.children.size(); ++i) {
        tasks.spawn(run_quietly(*node.children[i]));
      }
      const std::uint32_t value = co_await run(*node.children[0]);
      if (node.kind == Kind::dismiss) tasks.cancel_tasks();
      co_return value;
    };
    const std::uint32_t value = co_await scope(body);
    co_return value;
  }

  Task<std::uint32_t> each_node(const Node& node) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < node.children.size(); ++i) places.push_back(i);
    std::vector<std::uint32_t> values(places.size());
    if (gives_values(node)) {
      const auto give = [&](std::size_t i) { return run(*node.children[i]); };
      values = co_await map_p(std::move(places), give, side_by_side(node));
    } else {
      const auto note = [&](std::size_t i) -> Task<void> {
        const std::uint32_t value = co_await run(*node.children[i]);
        values[i] = value;
      };
      co_await iter_p(std::move(places), note, side_by_side(node));
    }
    std::uint32_t sum = 0;
    for (const std::uint32_t value : values) sum = combine(sum, value);
    co_return sum;
  }

  Task<std::uint32_t> recover(const Node& node) {
    try {
      co_return co_await run(*node.children[0]);
    } catch (const NodeFailed& failure) {
      co_return combine(recovered_value, failure.number);
    }
  }

  // Those that start something in the background look first whether they are cancelled: otherwise
  // it would begin and be cancelled at one moment, and what it does in between is not a function of
  // time.
  Task<std::uint32_t> drop(const Node& node) {
    co_await yield();
    static_cast<void>(async(run(*node.children[0])));
    co_await sleep(std::chrono::nanoseconds(node.duration_ns));
    co_return dropped_value;
  }

  Task<std::uint32_t> async_node(const Node& node) {
    co_await yield();
    const Future<std::uint32_t> future = async(run(*node.children[0]));
    if (node.kind == Kind::abandon) {
      co_await sleep(std::chrono::nanoseconds(node.duration_ns));
      future.cancel();
    }
    try {
      co_return co_await future;
    } catch (const Canceled&) {
      co_return canceled_value;
    }
  }

  Task<std::uint32_t> choose_node(const Node& node) {
    co_await yield();
    std::vector<Future<std::uint32_t>> futures;
    for (const auto& child : node.children) futures.push_back(async(run(*child)));
    const Future<std::uint32_t> first = choose(std::move(futures));
    try {
      co_return co_await first;
    } catch (const Canceled&) {
      co_return canceled_value;
    }
  }

  Stream<std::uint32_t> values_of(const Node& node) {
    for (const auto& child : node.children) {
      const std::uint32_t value = co_await run(*child);
      co_yield value;
    }
  }
  Task<std::uint32_t> stream_node(const Node& node) {
    std::uint32_t sum = 0;
    Stream<std::uint32_t> values = take(values_of(node), wanted_count(node));
    for (;;) {
      const std::optional<std::uint32_t> value = co_await values.next();
      if (!value) co_return sum;
      sum = combine(sum, *value);
      co_await sleep(std::chrono::nanoseconds(node.duration_ns));
    }
  }

  // The mutex is held for no time, and so changes nothing of what happens when.
  Task<void> wait_guarded(Mutex& mutex, Condition<>& condition) {
    Mutex::Guard guard = co_await mutex.lock();
    const GuardHeld held(world_, guard);
    co_await condition.wait(guard);
  }
  Task<void> run_when_signalled(const Node& node, Mutex& mutex, Condition<>& condition) {
    co_await wait_guarded(mutex, condition);
    co_await run(node);
  }
  Task<std::uint32_t> signal(const Node& node, Condition<>& condition) {
    const std::uint32_t value = co_await run(*node.children[0]);
    if (signals_all(node)) {
      condition.broadcast();
      co_return value;
    }
    for (std::size_t i = 1; i < node.children.size(); ++i) {
      condition.signal();
      co_await sleep(std::chrono::nanoseconds(node.duration_ns));
    }
    co_return value;
  }
  Task<std::uint32_t> condition_node(const Node& node) {
    Mutex mutex;
    Condition<> condition;
    const auto body = [&](Scope& tasks) -> Task<std::uint32_t> {
      // First come, first served: they come one after the other.
      for (std::size_t i = 1; i < node.children.size(); ++i) {
        tasks.spawn(run_when_signalled(*node.children[i], mutex, condition));
        while (condition.waiter_count() < i) co_await yield();
      }
      co_return co_await signal(node, condition);
    };
    const std::uint32_t value = co_await scope(body);
    co_return value;
  }

  World& world_;
  Records& records_;
};

}  // namespace

Records execute(World& world, const Program& program, std::optional<std::uint64_t> failing) {
  Records records(program.node_count);
  Executor executor(world, records);
  Host& host = world.add_host("host", World::ClockKind::exact);
  const auto main = [&]() -> Task<void> {
    try {
      co_await executor.run(*program.root);
    } catch (const NodeFailed&) {
      // Part of the program; its records tell.
    } catch (const std::bad_alloc&) {
      if (!failing) throw;
    }
  };
  host.start(main);
  if (failing) host.memory().fail_nth(*failing);
  world.run();
  return records;
}

}  // namespace sundog::sim::random_tasks
