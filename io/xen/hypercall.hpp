// Hypercalls, by name and with types. Each returns what Xen returns: zero or a count, or a negative
// Xen errno (xen/errno.h, whose numbers are Linux's). Structures are passed by guest linear
// address, so they may live on the stack.
//
// Every call is a VM exit, some 1 to 2 µs on hardware: hypercall_count() lets tests and figures
// hold the image to its budget.
#pragma once

#include <cstdint>

#include "sundog/io/xen/abi.hpp"

extern "C" {
// x86/hypercall.S. Up to three arguments, the most any call made here takes.
long sundog_hypercall(unsigned number, std::uintptr_t first, std::uintptr_t second,
                      std::uintptr_t third) noexcept;
extern std::uint64_t sundog_hypercall_count;
extern std::uint64_t sundog_hypercalls_by_number[64];  // __HYPERVISOR_...
}

namespace sundog::xen {

// How many hypercalls this domain has made since it began.
inline std::uint64_t hypercall_count() noexcept { return sundog_hypercall_count; }

// A pointer or a number as it goes into a register.
template <class Argument>
std::uintptr_t as_word(Argument value) noexcept {
  if constexpr (requires { reinterpret_cast<std::uintptr_t>(value); }) {
    return reinterpret_cast<std::uintptr_t>(value);
  } else {
    return static_cast<std::uintptr_t>(value);
  }
}

// Each takes a command of the same name in Xen's headers (XENMEM_..., HVMOP_..., EVTCHNOP_...,
// SCHEDOP_..., GNTTABOP_..., XENVER_...) and what it points to.
inline long memory_op(unsigned command, void* argument) noexcept {
  return sundog_hypercall(__HYPERVISOR_memory_op, command, as_word(argument), 0);
}
inline long hvm_op(unsigned command, void* argument) noexcept {
  return sundog_hypercall(__HYPERVISOR_hvm_op, command, as_word(argument), 0);
}
inline long event_channel_op(unsigned command, void* argument) noexcept {
  return sundog_hypercall(__HYPERVISOR_event_channel_op, command, as_word(argument), 0);
}
inline long sched_op(unsigned command, void* argument) noexcept {
  return sundog_hypercall(__HYPERVISOR_sched_op, command, as_word(argument), 0);
}
inline long grant_table_op(unsigned command, void* argument, unsigned count) noexcept {
  return sundog_hypercall(__HYPERVISOR_grant_table_op, command, as_word(argument), count);
}
inline long xen_version(unsigned command, void* argument) noexcept {
  return sundog_hypercall(__HYPERVISOR_xen_version, command, as_word(argument), 0);
}

// A parameter that the toolstack set for this domain (xen/hvm/params.h), or 0 if there is none.
inline std::uint64_t hvm_parameter(std::uint32_t index) noexcept {
  xen_hvm_param parameter{DOMID_SELF, 0, index, 0};
  return hvm_op(HVMOP_get_param, &parameter) == 0 ? parameter.value : 0;
}

}  // namespace sundog::xen
