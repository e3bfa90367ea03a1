#include "tests/sim/random_tasks/reference.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace sundog::sim::random_tasks {
namespace {

using End = Record::End;
constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();

// All times here are counted in half nanoseconds. What the end of the main task brings about comes
// half a nanosecond after it, and so after everything else of that moment: most of that is what
// made the main task end.
constexpr std::int64_t halves_in_ns = 2;
std::int64_t halves(const Node& node) { return node.duration_ns * halves_in_ns; }

// When a task starts, when its job is cancelled, and when the nearest shield above it was told.
struct When {
  std::int64_t start = 0;
  std::int64_t cancel = forever;
  std::int64_t told = forever;
  bool in_background = false;
};
struct Ended {
  std::int64_t time = 0;
  End how = End::value;
  std::uint32_t value = 0;
};

class Interpreter {
 public:
  explicit Interpreter(const Program& program) : program_(program), records_(program.node_count) {}

  std::optional<Records> interpret() {
    // When the main task ends does not depend on what happens after that: so it can be found out
    // first.
    main_end_ = run(*program_.root, {}).time;
    run(*program_.root, {});
    for (Record& record : records_) {
      record.begin_ns /= halves_in_ns;
      record.end_ns /= halves_in_ns;
    }
    if (ambiguous_) return std::nullopt;
    return std::move(records_);
  }

 private:
  // What it was found to do before, under another time of cancellation, is forgotten.
  void forget(const Node& node) {
    records_[node.number] = {};
    for (const auto& child : node.children) forget(*child);
  }

  Ended run(const Node& node, When when) {
    forget(node);
    const Ended ended = evaluate(node, when);
    records_[node.number] = Record(true, when.start, ended.time, ended.how, ended.value);
    return ended;
  }

  Ended evaluate(const Node& node, const When& when) {
    switch (node.kind) {
      case Kind::sleep:
        return sleep(node, when, {0, End::value, node.number});
      case Kind::failure:
        return sleep(node, when, {0, End::failure, node.number});
      case Kind::sequence:
        return sequence(node, when);
      case Kind::recover:
        return recover(node, when);
      case Kind::stream:
        return stream(node, when);
      default:
        break;
    }
    // All that follow begin by waiting, which a cancelled task no longer does.
    if (when.cancel <= when.start) return unwound(when.start);
    switch (node.kind) {
      case Kind::pause:
        return {when.start, End::value, node.number};
      case Kind::join:
        return join(node, when);
      case Kind::pick:
        return pick(node, when);
      case Kind::timeout:
        return timeout(node, when);
      case Kind::protect:
        return run(*node.children[0], inside_shield(when));
      case Kind::hurry:
        return hurry(node, when);
      case Kind::scope:
        return scope(node, when);
      case Kind::dismiss:
        return dismiss(node, when);
      case Kind::each:
        return each(node, when);
      case Kind::async:
        return async(node, when, 0);
      case Kind::abandon:
        return async(node, when, halves(node));
      case Kind::choose:
        return choose(node, when);
      case Kind::condition:
        return condition(node, when);
      default:
        return drop(node, when);
    }
  }

  static Ended unwound(std::int64_t time) { return {time, End::unwound, 0}; }
  static When inside_shield(const When& when) {
    return {when.start, forever, std::min(when.cancel, when.told), when.in_background};
  }

  static Ended sleep(const Node& node, const When& when, Ended ended) {
    ended.time = when.start + halves(node);
    if (when.cancel < ended.time) return unwound(std::max(when.start, when.cancel));
    return ended;
  }

  Ended sequence(const Node& node, When when) {
    std::uint32_t sum = 0;
    for (const auto& child : node.children) {
      const Ended ended = run(*child, when);
      if (ended.how != End::value) return ended;
      sum = combine(sum, ended.value);
      when.start = ended.time;
    }
    return {when.start, End::value, sum};
  }

  Ended stream(const Node& node, When when) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < wanted_count(node); ++i) {
      const Ended ended = run(*node.children[i], when);
      if (ended.how != End::value) return ended;
      sum = combine(sum, ended.value);
      when.start = ended.time;
      const Ended slept = sleep(node, when, {});
      if (slept.how != End::value) return slept;
      when.start = slept.time;
    }
    return {when.start, End::value, sum};
  }

  Ended recover(const Node& node, const When& when) {
    Ended ended = run(*node.children[0], when);
    if (ended.how == End::failure) {
      ended.how = End::value;
      ended.value = combine(recovered_value, ended.value);
    }
    return ended;
  }

  // All children at once; nobody cancels them but the parent.
  std::vector<Ended> run_all(const Node& node, const When& when) {
    std::vector<Ended> ends;
    for (const auto& child : node.children) ends.push_back(run(*child, when));
    return ends;
  }
  // The first of those that ended in this way, or null.
  template <class Matches>
  const Ended* first_of(const std::vector<Ended>& ends, Matches matches) {
    const Ended* first = nullptr;
    for (const Ended& ended : ends) {
      if (!matches(ended)) continue;
      if (first != nullptr && ended.time == first->time) ambiguous_ = true;
      if (first == nullptr || ended.time < first->time) first = &ended;
    }
    return first;
  }
  static std::int64_t last_time(const std::vector<Ended>& ends) {
    std::int64_t last = 0;
    for (const Ended& ended : ends) last = std::max(last, ended.time);
    return last;
  }
  static bool failed(const Ended& ended) { return ended.how == End::failure; }
  static bool not_unwound(const Ended& ended) { return ended.how != End::unwound; }

  Ended join(const Node& node, const When& when) {
    const std::vector<Ended> ends = run_all(node, when);
    const std::int64_t end = last_time(ends);
    if (const Ended* first = first_of(ends, failed)) return {end, End::failure, first->value};
    std::uint32_t sum = 0;
    for (const Ended& ended : ends) {
      if (ended.how == End::unwound) return unwound(end);
      sum = combine(sum, ended.value);
    }
    return {end, End::value, sum};
  }

  // Runs the others again, now that it is known when the first of them has them cancelled.
  template <class RunOne>
  static std::vector<Ended> run_others(When when, std::vector<Ended> ends, std::size_t first,
                                       RunOne run_one) {
    when.cancel = std::min(when.cancel, ends[first].time);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (i != first && ends[i].time >= when.cancel) ends[i] = run_one(i, when);
    }
    return ends;
  }
  std::vector<Ended> run_other_children(const Node& node, const When& when, std::vector<Ended> ends,
                                        std::size_t first) {
    const auto run_one = [&](std::size_t i, const When& again) {
      return run(*node.children[i], again);
    };
    return run_others(when, std::move(ends), first, run_one);
  }

  Ended pick(const Node& node, const When& when) {
    std::vector<Ended> ends = run_all(node, when);
    const Ended* winner = first_of(ends, not_unwound);
    if (winner == nullptr) return unwound(last_time(ends));
    // One that takes no time at all may win before the others begin, or after.
    if (winner->time == when.start && ends.size() > 1) ambiguous_ = true;
    const auto index = static_cast<std::size_t>(winner - ends.data());
    ends = run_other_children(node, when, std::move(ends), index);
    Ended ended = ends[index];
    if (ended.how == End::value) {
      ended.value = combine(static_cast<std::uint32_t>(index), ended.value);
    }
    ended.time = last_time(ends);
    return ended;
  }

  Ended timeout(const Node& node, const When& when) {
    When inside = when;
    inside.cancel = std::min(when.cancel, when.start + halves(node));
    const Ended ended = run(*node.children[0], inside);
    if (ended.how != End::unwound || when.cancel <= ended.time) return ended;
    return {ended.time, End::value, late_value};
  }

  Ended hurry(const Node& node, const When& when) {
    When inside = inside_shield(when);
    const Ended ended = run(*node.children[0], inside);
    if (inside.told == forever) return ended;
    const std::int64_t told = std::max(inside.told, when.start + halves(node)) + halves(node);
    if (ended.time < told) return ended;
    inside.cancel = told;
    return {run(*node.children[0], inside).time, End::value, hurried_value};
  }

  Ended scope(const Node& node, const When& when) {
    std::vector<Ended> ends = run_all(node, when);
    if (const Ended* first = first_of(ends, failed)) {
      const auto index = static_cast<std::size_t>(first - ends.data());
      ends = run_other_children(node, when, std::move(ends), index);
      return {last_time(ends), End::failure, ends[index].value};
    }
    return end_of_scope(ends);
  }
  // Where nothing failed. The first is the body.
  static Ended end_of_scope(const std::vector<Ended>& ends) {
    if (!std::ranges::all_of(ends, not_unwound)) return unwound(last_time(ends));
    return {last_time(ends), End::value, ends[0].value};
  }

  // A scope whose body cancels the tasks when it has its value.
  Ended dismiss(const Node& node, const When& when) {
    std::vector<Ended> ends = run_all(node, when);
    const Ended body = ends[0];
    const Ended* failure = first_of(ends, failed);
    if (body.how != End::value || (failure != nullptr && failure->time <= body.time)) {
      return scope(node, when);
    }
    if (body.time == when.cancel) ambiguous_ = true;
    // A body that takes no time at all may end before the tasks begin.
    if (body.time == when.start && ends.size() > 1) ambiguous_ = true;
    ends = run_other_children(node, when, std::move(ends), 0);
    if (const Ended* late = first_of(ends, failed)) {
      return {last_time(ends), End::failure, late->value};
    }
    // Those that were cancelled from above first are missed, and those dismissed are not.
    if (body.time > when.cancel) return end_of_scope(ends);
    return {last_time(ends), End::value, body.value};
  }

  // So many workers, each of which takes the next child when it is through with one.
  Ended each(const Node& node, const When& when) {
    std::vector<Ended> ends = work_through(node, when, forever, node.children.size());
    if (const Ended* first = first_of(ends, failed)) {
      const auto index = static_cast<std::size_t>(first - ends.data());
      ends = work_through(node, when, first->time, index);
      return {last_time(ends), End::failure, ends[index].value};
    }
    std::uint32_t sum = 0;
    for (const Ended& ended : ends) {
      if (ended.how == End::unwound) return unwound(last_time(ends));
      sum = combine(sum, ended.value);
    }
    return {last_time(ends), End::value, sum};
  }
  // One end for each child; those that were never begun are unwound at time 0. The child `failing`
  // is what cancels the others, at a time known already.
  std::vector<Ended> work_through(const Node& node, const When& when, std::int64_t failure,
                                  std::size_t failing) {
    for (const auto& child : node.children) forget(*child);
    std::vector<Ended> ends(node.children.size(), unwound(0));
    std::vector<std::int64_t> free_from(side_by_side(node), when.start);
    for (std::size_t i = 0; i < ends.size() && !free_from.empty(); ++i) {
      const auto worker = std::ranges::min_element(free_from);
      if (*worker > when.start && std::ranges::count(free_from, *worker) > 1) ambiguous_ = true;
      When inside = when;
      inside.start = *worker;
      if (i != failing) inside.cancel = std::min(when.cancel, failure);
      ends[i] = run(*node.children[i], inside);
      if (ends[i].how == End::value) {
        *worker = ends[i].time;
      } else {
        free_from.erase(worker);
      }
    }
    return ends;
  }

  // A scope of which the body, the first, runs the first child and then signals the others.
  Ended condition(const Node& node, const When& when) {
    std::vector<std::int64_t> signals(node.children.size(), forever);
    const auto run_one = [&](std::size_t i, const When& at) {
      return i == 0 ? signal(node, at, signals)
                    : run_when_signalled(*node.children[i], at, signals[i]);
    };
    std::vector<Ended> ends;
    for (std::size_t i = 0; i < node.children.size(); ++i) ends.push_back(run_one(i, when));
    if (const Ended* first = first_of(ends, failed)) {
      const auto index = static_cast<std::size_t>(first - ends.data());
      ends = run_others(when, std::move(ends), index, run_one);
      return {last_time(ends), End::failure, ends[index].value};
    }
    return end_of_scope(ends);
  }
  // Notes when each of the others is signalled, as long as it is not cancelled.
  Ended signal(const Node& node, const When& when, std::vector<std::int64_t>& signals) {
    signals.assign(signals.size(), forever);
    Ended ended = run(*node.children[0], when);
    if (ended.how != End::value) return ended;
    for (std::size_t i = 1; i < node.children.size(); ++i) {
      signals[i] = ended.time;
      if (signals_all(node)) continue;
      const std::uint32_t value = ended.value;
      ended = sleep(node, {ended.time, when.cancel, when.told, when.in_background},
                    {0, End::value, value});
      if (ended.how != End::value) break;
    }
    return ended;
  }
  Ended run_when_signalled(const Node& node, When when, std::int64_t signal) {
    forget(node);
    if (signal == forever || when.cancel <= signal) return unwound(when.cancel);
    when.start = signal;
    return run(node, when);
  }

  // A task that belongs to the main loop: cancelled when the main task has ended, and never begun
  // after that.
  Ended run_background(const Node& child, std::int64_t start, std::int64_t cancel) {
    if (start > main_end_) return unwound(start);
    const std::int64_t main_cancel = main_end_ == forever ? forever : main_end_ + 1;
    return run(child, {start, std::min(cancel, main_cancel), forever, true});
  }

  // Its children run by themselves, all of them to their end.
  Ended choose(const Node& node, const When& when) {
    std::vector<Ended> ends;
    for (const auto& child : node.children) ends.push_back(run_by_itself(*child, when, forever));
    std::int64_t end = forever;
    for (const Ended& ended : ends) end = std::min(end, ended.time);
    if (end > when.start && when.cancel <= end) return unwound(std::max(when.start, when.cancel));
    const Ended first = *first_of(ends, [](const Ended&) { return true; });
    if (first.how == End::unwound) return {end, End::value, canceled_value};
    return first;
  }

  // What a task that awaits this child, running in the background, sees of it.
  Ended run_by_itself(const Node& child, const When& when, std::int64_t cancel) {
    if (when.in_background) return run_background(child, when.start, cancel);
    // What the end of the main task brings about, no part of the main task lives to see.
    const std::int64_t main_end = std::exchange(main_end_, forever);
    const Ended seen = run_background(child, when.start, cancel);
    main_end_ = main_end;
    run_background(child, when.start, cancel);
    return seen;
  }

  // Awaits the child, which runs by itself, after a pause of `pause` at whose end it is cancelled,
  // if that is not 0.
  Ended async(const Node& node, const When& when, std::int64_t pause) {
    const std::int64_t ready = when.start + pause;
    const bool reaches_await = pause == 0 || when.cancel > ready;
    const bool cancels = pause != 0 && reaches_await;
    const std::int64_t child_cancel = cancels ? ready : forever;
    const Ended child = run_by_itself(*node.children[0], when, child_cancel);
    if (!reaches_await) return unwound(std::max(when.start, when.cancel));
    // A future that is there already is no wait.
    const std::int64_t end = std::max(child.time, ready);
    // Cancelled together with its child, by the end of the main task, it is not told of the child
    // any more.
    if (end > ready && when.cancel <= end) return unwound(std::max(ready, when.cancel));
    if (child.how == End::unwound) return {end, End::value, canceled_value};
    return {end, child.how, child.value};
  }

  Ended drop(const Node& node, const When& when) {
    run_background(*node.children[0], when.start, forever);
    return sleep(node, when, {0, End::value, dropped_value});
  }

  const Program& program_;
  Records records_;
  std::int64_t main_end_ = forever;
  bool ambiguous_ = false;
};

}  // namespace

std::optional<Records> interpret(const Program& program) {
  return Interpreter(program).interpret();
}

}  // namespace sundog::sim::random_tasks
