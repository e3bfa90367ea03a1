#include "sundog/io/runtime_metrics.hpp"

#include <vector>

#include "sundog/io/process_figures.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/timers/timers.hpp"

namespace sundog {
namespace {

std::size_t count_tasks(const Scheduler& scheduler) {
  std::size_t count = 0;
  std::vector<Owner*> owners;
  for (const RootEntry* root = scheduler.roots().first(); root != nullptr;
       root = scheduler.roots().after(*root)) {
    owners.push_back(&root->owner);
  }
  while (!owners.empty()) {
    Owner* const owner = owners.back();
    owners.pop_back();
    for (Job* job = owner->next_child(nullptr); job != nullptr; job = owner->next_child(job)) {
      if (++count == RuntimeMetrics::tasks_counted_max) return count;
      if (Owner* const below = job->wait_owner()) owners.push_back(below);
    }
  }
  return count;
}

void write_process(MetricsText& text) {
  const ProcessFigures figures = process_figures();
  if (figures.memory_bytes) {
    text.gauge("process_resident_memory_bytes", "Memory in use.", *figures.memory_bytes);
  }
  if (figures.memory_max_bytes) {
    text.gauge("process_memory_max_bytes", "Memory that there is.", *figures.memory_max_bytes);
  }
  if (figures.descriptor_count) {
    text.gauge("process_open_fds", "Descriptors that are open.", *figures.descriptor_count);
  }
  if (figures.descriptor_max) {
    text.gauge("process_max_fds", "Descriptors that may be open.", *figures.descriptor_max);
  }
  if (figures.processor_time) {
    text.counter("process_cpu_seconds_total", "Processor time, the system's included.",
                 *figures.processor_time);
  }
}

}  // namespace

RuntimeMetrics::RuntimeMetrics() : TurnHook(Scheduler::current().before_wait) {}

void RuntimeMetrics::write_metrics(MetricsText& text) const {
  const Scheduler& scheduler = Scheduler::current();
  text.counter("sundog_loop_turns_total", "Turns of the main loop.", turn_count_);
  text.counter("sundog_task_steps_total", "How often a task was resumed.",
               scheduler.resumed_count());
  text.gauge("sundog_tasks", "Tasks that have not ended.", count_tasks(scheduler));
  text.gauge("sundog_tasks_ready", "Tasks that can run at once.", scheduler.ready_count());
  text.gauge("sundog_timers", "Timers and sleeping tasks.", Timers::current().armed_count());
  write_process(text);
}

}  // namespace sundog
