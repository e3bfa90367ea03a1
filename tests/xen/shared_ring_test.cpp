// A front end's end of a shared ring, against a back end that a test plays (io/xen/devices).
#include "sundog/io/xen/devices/shared_ring.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "sundog/io/xen/abi.hpp"

#include <xen/io/ring.h>

#include "sundog/io/xen/devices/blkif.hpp"
#include "tests/catch.hpp"

namespace sundog::xen {
namespace {

struct Question {
  std::uint32_t number;
  std::uint32_t text[7];
};
struct Answer {
  std::uint32_t number;
};
// The same by Xen's own macros.
DEFINE_RING_TYPES(question, Question, Answer);

using Ring = SharedRing<Question, Answer>;
using Front = FrontRing<Question, Answer>;
using Next = Front::Next;

struct alignas(ring_page_bytes) Page {
  std::byte bytes[ring_page_bytes] = {};
};

// Answers one request, as a well-behaved back end does; whether the front end wants an event.
bool answer(Page& page, std::uint32_t index) {
  auto& ring = *reinterpret_cast<Ring*>(page.bytes);
  ring.put(index, Answer{ring.request(index).number + 100});
  return ring.show_responses(index + 1);
}

TEST_CASE("the ring's page is laid out as Xen's header lays it out") {
  STATIC_REQUIRE(offsetof(Ring, request_end) == offsetof(question_sring, req_prod));
  STATIC_REQUIRE(offsetof(Ring, request_event) == offsetof(question_sring, req_event));
  STATIC_REQUIRE(offsetof(Ring, response_end) == offsetof(question_sring, rsp_prod));
  STATIC_REQUIRE(offsetof(Ring, response_event) == offsetof(question_sring, rsp_event));
  STATIC_REQUIRE(offsetof(Ring, slot) == offsetof(question_sring, ring));
  STATIC_REQUIRE(Ring::slot_bytes == sizeof(question_sring_entry));
  const question_sring ring{};
  REQUIRE(Ring::slots == __RING_SIZE(&ring, ring_page_bytes));
}

TEST_CASE("a response is taken once, with what the back end has put into its slot") {
  Page page;
  Front front(page.bytes);
  front.put({7, {}});
  REQUIRE(front.show());
  Answer taken{};
  REQUIRE(front.take(taken) == Next::none);
  REQUIRE_FALSE(front.ask());
  REQUIRE(answer(page, 0));  // it was asked for an event
  REQUIRE(front.take(taken) == Next::response);
  REQUIRE(taken.number == 107);
  REQUIRE(front.take(taken) == Next::none);
}

TEST_CASE("there is room for as many requests as the ring has slots, and again for each answer") {
  Page page;
  Front front(page.bytes);
  REQUIRE(front.room() == Ring::slots);
  for (std::uint32_t number = 0; number < Ring::slots; ++number) front.put({number, {}});
  REQUIRE(front.room() == 0);
  static_cast<void>(front.show());
  answer(page, 0);
  REQUIRE(front.room() == 0);  // its slot holds the answer until that is taken
  Answer taken{};
  REQUIRE(front.take(taken) == Next::response);
  REQUIRE(front.room() == 1);
}

TEST_CASE("an event is wanted only at the index that the other side has named") {
  Page page;
  Front front(page.bytes);
  auto& ring = *reinterpret_cast<Ring*>(page.bytes);
  front.put({1, {}});
  REQUIRE(front.show());
  front.put({2, {}});
  REQUIRE_FALSE(front.show());  // the back end has not asked again
  REQUIRE_FALSE(ring.ask_for_requests(2));
  front.put({3, {}});
  REQUIRE(front.show());
  REQUIRE(ring.ask_for_requests(2));  // there is one: it must look before it waits
}

TEST_CASE("an answer that comes just before the front end waits is not slept through") {
  Page page;
  Front front(page.bytes);
  front.put({1, {}});
  static_cast<void>(front.show());
  Answer taken{};
  REQUIRE(front.take(taken) == Next::none);
  answer(page, 0);
  REQUIRE(front.ask());
  REQUIRE(front.take(taken) == Next::response);
}

TEST_CASE("a back end that claims to have answered what nobody asked is found out") {
  Page page;
  Front front(page.bytes);
  auto& ring = *reinterpret_cast<Ring*>(page.bytes);
  front.put({1, {}});
  static_cast<void>(front.show());
  Answer taken{};
  ring.response_end = 2;
  REQUIRE(front.take(taken) == Next::broken);
  ring.response_end = ~std::uint32_t{0};  // behind what was taken
  REQUIRE(front.take(taken) == Next::broken);
  ring.response_end = 1;
  REQUIRE(front.take(taken) == Next::response);
}

TEST_CASE("the counts run over without harm") {
  Page page;
  Front front(page.bytes);
  auto& ring = *reinterpret_cast<Ring*>(page.bytes);
  Answer taken{};
  for (std::uint32_t number = 0; number < 3 * Ring::slots; ++number) {
    front.put({number, {}});
    static_cast<void>(front.show());
    answer(page, number);
    REQUIRE(front.take(taken) == Next::response);
    REQUIRE(taken.number == number + 100);
  }
  REQUIRE(ring.shown_requests() == 3 * Ring::slots);
}

}  // namespace
}  // namespace sundog::xen
