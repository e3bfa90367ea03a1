// StopRequest: a request, from outside, for the program to stop. SIGTERM or SIGINT on Unix; on Xen
// what `xl shutdown` and `xl reboot` ask of the domain.
//
//   StopRequest stop;
//   co_await pick(serve(std::move(listener)), stop.next());      // then finish what is under way
//
// While one exists, a request does nothing but wake next(): the program ends when its main task
// does. Without one a request ends the program on the spot, on either platform. Declared once,
// defined once for each platform.
#pragma once

#include <memory>

#include "sundog/runtime/task.hpp"

namespace sundog {

class StopRequest {
 public:
  // Throws std::system_error when the platform has no room for another listener.
  StopRequest();
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  // Waits for a request; one that came since the construction, or since the last call, counts. One
  // task at a time.
  Task<void> next();

 private:
  struct Source;
  std::unique_ptr<Source> source_;
};

}  // namespace sundog
