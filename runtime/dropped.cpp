#include "sundog/runtime/dropped.hpp"

#include <new>
#include <system_error>

#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/dump.hpp"
#include "sundog/runtime/text/join_text.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {

std::string describe_exception(std::exception_ptr error) {
  try {
    std::rethrow_exception(std::move(error));
  } catch (const std::system_error& e) {
    return join_text(
        {e.what(), " (", e.code().category().name(), " ", Decimal(e.code().value()), ")"});
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

void report_dropped(std::exception_ptr error, std::source_location origin) noexcept {
  try {
    log::error("nobody awaits this failure of the task made at {}: {}", describe_place(origin),
               describe_exception(std::move(error)));
  } catch (const std::bad_alloc&) {
    SUNDOG_PROBE("there was no memory to report a failure");
    log::error("nobody awaits the failure of a task, and there is no memory to say which");
  }
}

}  // namespace sundog
