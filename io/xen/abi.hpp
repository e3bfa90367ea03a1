// Xen's binary interface, from its public headers (Debian: libxen-dev), in one place so that every
// file sees the same version of it.
#pragma once

#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ \
  0x00040d00  // the names of Xen 4.13: the oldest hypervisor supported
#endif

#include <cstdint>
// The headers below use the C names, and xen.h needs them before it is read.
#include <xen/xen.h>

#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
