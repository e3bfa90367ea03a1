// DumpSignal: `kill -USR1 PROGRAM` makes it print on standard error who waits for what
// (runtime/dump.hpp).
//
// The tasks are those of the loop in which this object was made. A program has one at a time.
#pragma once

#include "sundog/io/machine.hpp"

namespace sundog {

class DumpSignal final : public machine::Attendant {
 public:
  // To be made and destroyed inside of run(). From then on SIGUSR1 no longer ends the program, also
  // not after run().
  DumpSignal();
  ~DumpSignal() override;
  DumpSignal(const DumpSignal&) = delete;
  DumpSignal& operator=(const DumpSignal&) = delete;
};

// What the signal does: writes dump_tasks() of this thread's loop to standard error.
void print_task_dump() noexcept;

}  // namespace sundog
