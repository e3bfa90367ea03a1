#include "sundog/io/xen/shared_info.hpp"

#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/memory.hpp"

namespace sundog::xen {

long map_shared_info() noexcept {
  xen_add_to_physmap request{};
  request.domid = DOMID_SELF;
  request.space = XENMAPSPACE_shared_info;
  request.gpfn = shared_info_address() / page_bytes;
  return memory_op(XENMEM_add_to_physmap, &request);
}

volatile shared_info& shared() noexcept {
  return *reinterpret_cast<volatile shared_info*>(shared_info_address());
}

}  // namespace sundog::xen
