// ReopenRequest: a request, from outside, to open log files anew, as those who move them aside make
// it (logrotate): SIGHUP on Unix; there is none on Xen.
//
//   ReopenRequest reopen;
//   co_await reopen.next();      // then open what was moved aside again
//
// While one exists, SIGHUP does not end the program. Declared once, defined once for each platform.
#pragma once

#include <memory>

#include "sundog/runtime/task.hpp"

namespace sundog {

class ReopenRequest {
 public:
  // Throws std::system_error when the platform has no room for another listener.
  ReopenRequest();
  ~ReopenRequest();
  ReopenRequest(const ReopenRequest&) = delete;
  ReopenRequest& operator=(const ReopenRequest&) = delete;

  // Waits for a request; one that came since the construction, or since the last call, counts. One
  // task at a time.
  Task<void> next();

 private:
  struct Source;
  std::unique_ptr<Source> source_;
};

}  // namespace sundog
