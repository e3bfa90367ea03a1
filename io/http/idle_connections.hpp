// IdleConnections: those of a server's connections that wait for their next request, longest first:
// the ones that may be closed when there is no room for another, and when the server stops.
//
//   IdleConnections::Place place(idle);                    // in the connection's own task
//   const auto more = co_await until_stopped(receive(), place.told_to_leave());
#pragma once

#include "sundog/io/http/changes.hpp"
#include "sundog/runtime/language/list.hpp"
#include "sundog/runtime/stop_flag.hpp"

namespace sundog::http {

class IdleConnections {
 public:
  // A connection is idle as long as this lives.
  class Place : private ListLink {
   public:
    explicit Place(IdleConnections& idle) : idle_(idle) {
      idle_.places_.add(*this);
      idle_.changes_.happened();
    }
    ~Place() {
      if (listed()) idle_.places_.remove(*this);
    }
    // Requested when the connection shall close.
    StopFlag& told_to_leave() noexcept { return told_to_leave_; }

   private:
    friend class IdleConnections;
    friend class List<Place>;

    IdleConnections& idle_;
    StopFlag told_to_leave_;
  };

  // `changes` happen whenever a connection becomes idle.
  explicit IdleConnections(Changes& changes) noexcept : changes_(changes) {}

  bool empty() const noexcept { return places_.empty(); }
  // False: none is idle.
  bool close_longest() noexcept {
    Place* const place = places_.take_first();
    if (place != nullptr) place->told_to_leave_.request();
    return place != nullptr;
  }
  void close_all() noexcept {
    while (close_longest()) {
    }
  }

 private:
  Changes& changes_;
  List<Place> places_;
};

}  // namespace sundog::http
