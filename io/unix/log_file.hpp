// LogFile: a file that lines are added to, and that may be moved aside while it is.
//
//   LogFile log = co_await LogFile::open("/var/log/website.log");
//   co_await log.write(as_bytes("a line\n"));
//   co_await log.reopen();       // somebody has renamed it: a new one begins under its name
//
// Files are written by the kernel or by threads of the pool (file.hpp): a slow disk does not hold
// up the loop.
#pragma once

#include <memory>
#include <string>

#include "sundog/io/flow.hpp"
#include "sundog/io/unix/file.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

class LogFile {
 public:
  // Creates the file if it is not there (mode 0644, less the umask). Throws std::system_error that
  // names the path.
  static Task<LogFile> open(std::string path);

  // Adds all bytes at the end. They are borrowed until the task has ended. Throws
  // std::system_error; a part may have been written then. One task at a time.
  Task<void> write(Bytes bytes);
  // From the next write() on it is whatever file has the name then. Throws as open(), and goes on
  // with the file it has.
  Task<void> reopen();

 private:
  LogFile(std::string path, File file);

  std::string path_;
  // Shared with a write that is under way.
  std::shared_ptr<File> file_;
};

}  // namespace sundog
