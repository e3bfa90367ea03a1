// The generic devices: for each kind of device the one that suits the platform, so that one
// configuration, word for word, says what a service is made of on every machine (Mirage's
// generic_stackv4v6).
//
//   StackDevice<GenericStack> stack{*this, "stack"};
//
//   GenericStack          TCP and UDP over IP              host sockets on Unix
//   GenericResolver       names, made from a stack         the host's resolver on Unix
//   GenericFolder         a folder, made from a path       a folder of the host on Unix
//   GenericMutableFolder  one that can be changed          a folder of the host on Unix
//   GenericLogFile        lines added to a file, by name   a file of the host on Unix
//   GenericPartFile       a file that comes in pieces      a file of the host on Unix
//   GenericDisk           a disk's Block, from a path      a file or disk of the host on Unix
//   GenericRandom         bytes that nobody can predict    the kernel's generator on Unix
//   GenericWallClock      the date                         the host's on Unix
//
// What a platform does not have yet is an error of the compiler, which says so in one sentence.
// This is chosen here and nowhere else; what else differs between the machines is behind
// platform.hpp.
#pragma once

#if defined(SUNDOG_PLATFORM_UNIX)
#include "sundog/io/unix/generic.hpp"
#elif defined(SUNDOG_PLATFORM_XEN)
#include "sundog/io/xen/generic.hpp"
#else
#error "choose a platform: define SUNDOG_PLATFORM_UNIX or SUNDOG_PLATFORM_XEN"
#endif
