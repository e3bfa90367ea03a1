// Canceled: that something was cancelled, as an exception (Lwt.Canceled).
//
// Cancellation itself throws nothing. This is for those who ask afterwards for a result that was
// lost to it: a future whose task was cancelled, a stream whose generator was.
#pragma once

#include <exception>

namespace sundog {

class Canceled : public std::exception {
 public:
  const char* what() const noexcept override { return "the task was cancelled"; }
};

}  // namespace sundog
