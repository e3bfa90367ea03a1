// Refused: a message that is not accepted, as an exception: thrown to whoever reads a body that
// turns out malformed, too large or cut short; and a handler's short way to answer with an error:
// `throw Refused({Status::forbidden, "not for you"})`.
#pragma once

#include <string>
#include <system_error>

#include "sundog/io/http/status.hpp"

namespace sundog::http {

class Refused : public std::system_error {
 public:
  explicit Refused(Refusal refusal)
      : std::system_error(std::make_error_code(std::errc::protocol_error),
                          std::string(refusal.why)),
        refusal_(refusal) {}

  // The status to answer with, and why.
  const Refusal& refusal() const { return refusal_; }

 private:
  Refusal refusal_;
};

}  // namespace sundog::http
