// Included first by what needs a Unix process around the program, so that a service which uses it
// fails to compile elsewhere with a plain message. The chain of includes above that shows what was
// used.
#pragma once

#ifndef SUNDOG_PLATFORM_UNIX
#error \
    "there is no Unix process around a program on Xen: no threads to offload() to, no child \
processes, signals, host files or host sockets. Give the service a device in its configuration \
instead (io/configuration.hpp), or build it with --unix"
#endif
