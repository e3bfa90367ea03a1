// SharedRing: the page through which a front end and a back end exchange requests and answers
// (after xen/io/ring.h): four indices that run freely, and as many slots as fit, a power of two. A
// slot holds a request until it is answered, and then the answer.
//
// Each side copies what the other has written before it judges it, and asks for an event by saying
// at which index it wants one, so that a busy ring needs few.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tests/sim/xen/interleaving.hpp"

namespace sundog::sim::xen {

template <class Request, class Response>
struct SharedRing {
  static constexpr std::size_t slot_bytes = sizeof(Request) > sizeof(Response) ? sizeof(Request)
                                                                               : sizeof(Response);
  static constexpr std::size_t indices_bytes = 64;
  static constexpr std::uint32_t slots = std::bit_floor((4096U - indices_bytes) / slot_bytes);

  volatile std::uint32_t request_end;    // req_prod
  volatile std::uint32_t request_event;  // req_event
  volatile std::uint32_t response_end;   // rsp_prod
  volatile std::uint32_t response_event;
  std::byte unused[indices_bytes - 16];
  std::byte slot[slots][slot_bytes];

  // Where the slots are in the page.
  static constexpr Interleaving::Data data{indices_bytes, indices_bytes + sizeof slot};

  void initialise() noexcept {
    request_end = 0;
    response_end = 0;
    request_event = 1;
    response_event = 1;
  }

  Request request(std::uint32_t index) const noexcept { return read<Request>(index); }
  Response response(std::uint32_t index) const noexcept { return read<Response>(index); }
  void put(std::uint32_t index, const Request& request) noexcept { write(index, request); }
  void put(std::uint32_t index, const Response& response) noexcept { write(index, response); }

  // Shows all before `end` to the other side; whether it wants an event for that.
  bool show_requests(std::uint32_t end) noexcept { return show(request_end, request_event, end); }
  bool show_responses(std::uint32_t end) noexcept {
    return show(response_end, response_event, end);
  }

  // Before waiting: asks for an event at the next one. True: there is one already.
  bool ask_for_requests(std::uint32_t seen) noexcept {
    return ask(request_event, request_end, seen);
  }
  bool ask_for_responses(std::uint32_t seen) noexcept {
    return ask(response_event, response_end, seen);
  }

 private:
  template <class Entry>
  Entry read(std::uint32_t index) const noexcept {
    Entry entry;
    std::memcpy(&entry, slot[index % slots], sizeof entry);
    return entry;
  }
  template <class Entry>
  void write(std::uint32_t index, const Entry& entry) noexcept {
    std::memcpy(slot[index % slots], &entry, sizeof entry);
  }
  static bool show(volatile std::uint32_t& shown, const volatile std::uint32_t& event,
                   std::uint32_t end) noexcept {
    std::atomic_thread_fence(std::memory_order_release);  // the slots before all that shows them
    const std::uint32_t before = shown;
    shown = end;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return end - event < end - before;
  }
  static bool ask(volatile std::uint32_t& event, const volatile std::uint32_t& end,
                  std::uint32_t seen) noexcept {
    event = seen + 1;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return end != seen;
  }
};

}  // namespace sundog::sim::xen
