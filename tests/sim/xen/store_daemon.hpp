// StoreDaemon: xenstored, on the other side of the domain's ring (xen/io/xs_wire.h), with what else
// happens in its tree: the toolstack's and the back ends' part.
//
// It may be slow, read and write in pieces, answer out of turn (the protocol lets it), refuse what
// it likes, and find conflicts where there are none. A hostile one breaks the ring or the messages
// in it; it tells the scenario so.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <xen/io/xs_wire.h>

#include "tests/sim/xen/event_channels.hpp"
#include "tests/sim/xen/hypervisor.hpp"
#include "tests/sim/xen/later.hpp"
#include "tests/sim/xen/store_tree.hpp"

namespace sundog::sim::xen {

class StoreDaemon {
 public:
  // The domain's part of the tree.
  static constexpr std::string_view home = "/local/domain/1";

  explicit StoreDaemon(Hypervisor& xen);

  // --- for the rest of dom0
  // -----------------------------------------------------------------------

  void write(const std::string& path, std::string_view value);
  void remove(const std::string& path);
  // Empty if there is no such node.
  std::string read(const std::string& path);
  // Calls back, a little later, whenever something at the path or below it may have changed; first
  // of all now.
  void on_change(std::string path, std::function<void()> changed);

  // The domain may not write there, nor below, though it is its own.
  void forbid(std::string path) { forbidden_ = std::move(path); }
  // From then on the daemon may break the protocol.
  void may_be_hostile() noexcept { may_be_hostile_ = true; }
  // It breaks the protocol, so that the domain may not use the store any more.
  bool breaks() const noexcept { return broken_ || last_words_ || wrong_answers_; }
  // A request was refused for no reason: the client that needed it may be about to try again.
  bool has_refused() const noexcept { return has_refused_; }
  // Transactions and watches that the domain has.
  std::size_t open_count() const noexcept { return tree_.open_count() + watches_.size(); }

 private:
  struct Watch {
    std::string path;
    std::string token;
    // What the domain calls the path: the home folder is left out where the domain did.
    bool relative;
  };
  struct LocalWatch {
    LocalWatch(World& world, std::string where, std::function<void()> call)
        : path(std::move(where)), changed(std::move(call)), calling(world) {}
    std::string path;
    std::function<void()> changed;
    Later calling;
  };

  void serve();
  void work();
  bool read_ring();
  bool write_ring();
  void take(const xsd_sockmsg& header, const std::string& payload);
  int carry_out(const xsd_sockmsg& header, const std::string& payload, std::string& reply);
  int carry_out_watch(std::uint32_t type, const std::string& payload);
  int begin_transaction(std::string& reply);
  int end_transaction(std::uint32_t number, const std::string& payload);
  void tell_changes();
  void send(std::uint32_t type, std::uint32_t request, std::uint32_t transaction,
            std::string_view payload);
  void send_event(const Watch& watch, const std::string& path);
  void be_hostile();
  void break_ring();

  Hypervisor& xen_;
  World& world_;
  volatile xenstore_domain_interface& ring_;
  Channel channel_;
  Later working_;
  StoreTree tree_;
  std::deque<Watch> watches_;
  std::deque<LocalWatch> local_watches_;
  std::string incoming_;
  // Whole messages, in the order in which they go out; the first may have gone out in part.
  std::deque<std::string> outgoing_;
  std::size_t sent_ = 0;
  std::string forbidden_;
  bool may_be_hostile_ = false;
  // Its answers may be of a wrong type.
  bool wrong_answers_ = false;
  bool has_refused_ = false;
  // What is still to be sent breaks the protocol at its end.
  bool last_words_ = false;
  bool broken_ = false;
};

}  // namespace sundog::sim::xen
