// The platform switch: which machine this program is compiled for. It is asked only here, and in
// generic.hpp for the devices that services use.
#pragma once

#if defined(SUNDOG_PLATFORM_UNIX)
#include "sundog/io/unix/platform.hpp"
#elif defined(SUNDOG_PLATFORM_XEN)
#include "sundog/io/xen/platform.hpp"
#else
#error "choose a platform: define SUNDOG_PLATFORM_UNIX or SUNDOG_PLATFORM_XEN"
#endif

namespace sundog {
static_assert(Poller<PlatformPoller>,
              "the platform's poller must keep the contract of io/poller.hpp");
}
