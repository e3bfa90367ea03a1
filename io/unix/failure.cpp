#include "sundog/io/unix/failure.hpp"

#include <cerrno>

namespace sundog {

std::system_error failure(int error, const std::string& what) {
  const char* advice = "";
  if (error == EMFILE) advice = ": close some descriptors, or raise the limit (ulimit -n)";
  if (error == ENFILE) advice = ": the whole machine's files are used up (sysctl fs.file-max)";
  return std::system_error(error, std::system_category(), what + advice);
}

}  // namespace sundog
