// SharedRing: the page through which a device's front end and back end exchange requests and
// responses (xen/io/ring.h): four indices that run freely, and as many slots as fit, a power of
// two. A slot holds a request until it is answered, and then the response.
//
// Each side copies what the other has written before it judges it, and says at which index it wants
// an event, so that a busy ring needs few. A front end uses the ring through FrontRing, below.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sundog::xen {

// A ring has one page to itself.
inline constexpr std::size_t ring_page_bytes = 4096;

// Laid over the page. Fences stand between what each side writes for the other and the index that
// shows it; the processor does the rest.
template <class Request, class Response>
struct SharedRing {
  static constexpr std::size_t slot_bytes = sizeof(Request) > sizeof(Response) ? sizeof(Request)
                                                                               : sizeof(Response);
  static constexpr std::size_t indices_bytes = 64;
  static constexpr std::uint32_t slots =
      std::bit_floor((ring_page_bytes - indices_bytes) / slot_bytes);
  // Where the slots are in the page.
  static constexpr std::size_t slots_start = indices_bytes;
  static constexpr std::size_t slots_end = indices_bytes + slots * slot_bytes;

  volatile std::uint32_t request_end;    // req_prod
  volatile std::uint32_t request_event;  // req_event
  volatile std::uint32_t response_end;   // rsp_prod
  volatile std::uint32_t response_event;
  std::byte unused[indices_bytes - 16];
  std::byte slot[slots][slot_bytes];

  // By the front end, before the back end has the page.
  void initialise() noexcept {
    request_end = 0;
    response_end = 0;
    request_event = 1;
    response_event = 1;
  }

  // Copies out of a slot and into it, so that the other side cannot change what was checked.
  // Indices are not reduced to the number of slots.
  Request request(std::uint32_t index) const noexcept { return read<Request>(index); }
  Response response(std::uint32_t index) const noexcept { return read<Response>(index); }
  void put(std::uint32_t index, const Request& request) noexcept { write(index, request); }
  void put(std::uint32_t index, const Response& response) noexcept { write(index, response); }

  // What the other side has shown so far; the slots before it may be read.
  std::uint32_t shown_requests() const noexcept { return shown(request_end); }
  std::uint32_t shown_responses() const noexcept { return shown(response_end); }

  // Shows all before `end` to the other side; whether it wants an event for that.
  bool show_requests(std::uint32_t end) noexcept { return show(request_end, request_event, end); }
  bool show_responses(std::uint32_t end) noexcept {
    return show(response_end, response_event, end);
  }

  // Before waiting: asks for an event at the next one, or at the how many-th. True: there is one
  // already.
  bool ask_for_requests(std::uint32_t seen) noexcept {
    return ask(request_event, request_end, seen, 1);
  }
  bool ask_for_responses(std::uint32_t seen, std::uint32_t count = 1) noexcept {
    return ask(response_event, response_end, seen, count);
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
  static std::uint32_t shown(const volatile std::uint32_t& end) noexcept {
    const std::uint32_t seen = end;
    std::atomic_thread_fence(std::memory_order_acquire);  // the index before the slots it shows
    return seen;
  }
  static bool show(volatile std::uint32_t& shown_end, const volatile std::uint32_t& event,
                   std::uint32_t end) noexcept {
    std::atomic_thread_fence(std::memory_order_release);  // the slots before the index shows them
    const std::uint32_t before = shown_end;
    shown_end = end;
    // The index before the other side's wish is read: it writes its wish and then reads the index.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return end - event < end - before;
  }
  static bool ask(volatile std::uint32_t& event, const volatile std::uint32_t& end,
                  std::uint32_t seen, std::uint32_t count) noexcept {
    event = seen + count;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return end != seen;
  }
};

// A front end's end of a ring: what it has asked and what of that was answered, counted in its own
// memory, where no back end can change it. Events are the owner's to send and to receive.
template <class Request, class Response>
class FrontRing {
 public:
  using Shared = SharedRing<Request, Response>;
  enum class Next : std::uint8_t { none, response, broken };

  // Takes the page over, which must be as large as one and outlive this.
  explicit FrontRing(std::byte* page) noexcept : shared_(*reinterpret_cast<Shared*>(page)) {
    shared_.initialise();
  }

  // How many more requests fit before the next response is taken.
  std::uint32_t room() const noexcept { return Shared::slots - (produced_ - consumed_); }

  // The slot that the next request goes into, and the one that the next response comes from.
  std::uint32_t request_slot() const noexcept { return produced_ % Shared::slots; }
  std::uint32_t response_slot() const noexcept { return consumed_ % Shared::slots; }

  // Puts a request into the ring, unseen by the back end until show(). There must be room.
  void put(const Request& request) noexcept { shared_.put(produced_++, request); }
  // Whether there are requests that were not shown yet.
  bool has_unseen() const noexcept { return shown_ != produced_; }
  // Whether the back end wants an event for the requests that it sees now.
  [[nodiscard]] bool show() noexcept {
    shown_ = produced_;
    return shared_.show_requests(produced_);
  }
  // How many that it has seen are still to be answered.
  std::uint32_t unanswered() const noexcept { return shown_ - consumed_; }

  // Takes the next response. `broken`: the back end claims to have answered what nobody asked, and
  // nothing of it can be believed any more.
  Next take(Response& response) noexcept {
    const std::uint32_t end = shared_.shown_responses();
    if (end - consumed_ > unanswered()) return Next::broken;
    if (end == consumed_) return Next::none;
    response = shared_.response(consumed_++);
    return Next::response;
  }
  // After take() has given none, before waiting for an event: true if a response has come since.
  // The event is to come at the next response, or, for who is in no hurry, at the how many-th.
  bool ask(std::uint32_t count = 1) noexcept { return shared_.ask_for_responses(consumed_, count); }

 private:
  Shared& shared_;
  std::uint32_t produced_ = 0;
  std::uint32_t shown_ = 0;
  std::uint32_t consumed_ = 0;
};

}  // namespace sundog::xen
