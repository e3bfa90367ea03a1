#include "sundog/runtime/dump.hpp"

#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/join_text.hpp"

namespace sundog {
namespace {

// Deeper trees and longer chains are cut: a dump must be readable, and must not overflow the stack.
constexpr std::size_t depth_max = 64;
constexpr std::size_t frames_max = 32;

void dump_owner(std::string& out, Owner& owner, std::size_t depth);

const char* state_name(Job::State state) {
  switch (state) {
    case Job::State::fresh:
      return "not started";
    case Job::State::starting:
      return "about to start";
    case Job::State::running:
      return "running";
    case Job::State::waiting:
      return "waiting";
    case Job::State::ready:
      return "ready to run";
    case Job::State::unwinding:
      return "being cancelled";
    case Job::State::ended:
      return "ended";
  }
  return "?";
}

void dump_frames(std::string& out, const Job& job, const std::string& indent) {
  if (job.wait() == nullptr) return;
  append_text(out, {indent, "  at ", describe_place(job.wait()->where()), "\n"});
  std::size_t count = 0;
  for (const Link* link = job.leaf()->link; !link->is_root(); link = link->parent()->link) {
    if (++count > frames_max) {
      append_text(out, {indent, "  ... and further frames\n"});
      return;
    }
    append_text(out, {indent, "  awaited at ", describe_place(link->where), "\n"});
  }
}

void dump_job(std::string& out, Job& job, std::size_t depth) {
  const std::string indent(2 * depth, ' ');
  append_text(out, {indent, "task made at ", describe_place(job.origin()), "\n", indent, "  ",
                    state_name(job.state())});
  if (const Wait* wait = job.wait()) {
    const std::int64_t waited_ms = job.waiting_ns(Scheduler::current().turn_time_ns) / 1'000'000;
    append_text(out, {": ", wait->describe(), " (for ", Decimal(waited_ms), " ms)"});
  }
  if (job.cancel_requested()) out += " (cancelled)";
  out += "\n";
  dump_frames(out, job, indent);
  if (Owner* owner = job.wait_owner()) dump_owner(out, *owner, depth + 1);
}

void dump_owner(std::string& out, Owner& owner, std::size_t depth) {
  if (depth > depth_max) {
    append_text(out, {std::string(2 * depth, ' '), "... and deeper tasks\n"});
    return;
  }
  for (Job* job = owner.next_child(nullptr); job != nullptr; job = owner.next_child(job)) {
    dump_job(out, *job, depth);
  }
}

}  // namespace

std::string describe_place(const std::source_location& place) {
  return join_text(
      {place.file_name(), ":", Decimal(place.line()), " in `", place.function_name(), "'"});
}

std::string dump_tasks() {
  const Scheduler* scheduler = Current<Scheduler>::find();
  if (scheduler == nullptr) return "no main loop runs on this thread\n";
  std::string out;
  for (const RootEntry* root = scheduler->roots().first(); root != nullptr;
       root = scheduler->roots().after(*root)) {
    append_text(out, {root->owner.describe(), "\n"});
    dump_owner(out, root->owner, 1);
  }
  return out;
}

}  // namespace sundog
