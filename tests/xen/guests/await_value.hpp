// await_value(): how a guest keeps in step with the test in dom0, through xenstore.
#pragma once

#include <string>
#include <system_error>

#include "sundog/io/xen/store/store.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

// Waits until dom0 has written something to `path`, and gives it.
inline Task<std::string> await_value(std::string path) {
  xen::StoreWatch watch(path);
  for (;;) {
    co_await watch.next();
    try {
      std::string value = co_await xen::Store::instance().read(path);
      if (!value.empty()) co_return value;
    } catch (const std::system_error&) {
      continue;  // not there yet
    }
  }
}

}  // namespace sundog
