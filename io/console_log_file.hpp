// ConsoleLogFile: a log file where there are no files: its lines go to the console (Xen).
#pragma once

#include <string>
#include <string_view>

#include "sundog/io/console.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

class ConsoleLogFile {
 public:
  // The name is of no importance.
  static Task<ConsoleLogFile> open(std::string) { co_return ConsoleLogFile(); }

  // Writes all bytes.
  Task<void> write(Bytes bytes) {
    write_console({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    co_return;
  }
  // Nobody moves a console aside.
  Task<void> reopen() { co_return; }
};

}  // namespace sundog
