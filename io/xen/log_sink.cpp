#include "sundog/io/xen/log_sink.hpp"

#include <string_view>

#include "sundog/io/xen/devices/console.hpp"
#include "sundog/runtime/text/log.hpp"

namespace sundog::xen {
namespace {

void sink(const log::Source& source, log::Level level, std::string_view message) noexcept {
  append_console(log::name(level));
  append_console(" ");
  append_console(source.name());
  append_console(": ");
  append_console(message);
  write_console("\n");
}

}  // namespace

void log_to_console() noexcept { log::set_sink(sink); }

}  // namespace sundog::xen
