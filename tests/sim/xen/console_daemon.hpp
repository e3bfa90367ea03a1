// ConsoleDaemon: xenconsoled, on the other side of the domain's console (xen/io/console.h).
//
// It reads what the domain writes in pieces, now and then only after a long while (it limits a
// domain's rate), is restarted, and types. A hostile one writes indices that make no sense.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <xen/io/console.h>

#include "tests/sim/xen/event_channels.hpp"
#include "tests/sim/xen/hypervisor.hpp"
#include "tests/sim/xen/later.hpp"

namespace sundog::sim::xen {

class ConsoleDaemon {
 public:
  explicit ConsoleDaemon(Hypervisor& xen);

  // Everything the domain has written so far.
  const std::string& output() const noexcept { return output_; }
  // Puts it into the input, as there is room.
  void type(std::string_view text);
  bool all_typed() const noexcept { return input_.empty(); }
  void may_be_hostile() noexcept { may_be_hostile_ = true; }
  bool was_hostile() const noexcept { return was_hostile_; }

 private:
  void serve();
  void work();
  bool read_ring();
  bool write_ring();
  void be_hostile();

  World& world_;
  volatile xencons_interface& ring_;
  Channel channel_;
  Later working_;
  // Its own idea of what it has read and written: the domain cannot change it.
  std::uint32_t consumed_;
  std::uint32_t produced_;
  std::string output_;
  std::string input_;
  bool may_be_hostile_ = false;
  bool was_hostile_ = false;
};

}  // namespace sundog::sim::xen
