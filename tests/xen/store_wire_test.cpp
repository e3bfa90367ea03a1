#include "sundog/io/xen/store/store_wire.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include "tests/catch.hpp"

namespace sundog::xen {
namespace {

// A page as any domain may find it: its indices near their overflow.
struct Page {
  xenstore_domain_interface ring{};
  Page() {
    ring.req_prod = ring.req_cons = 0xffff'fff0;
    ring.rsp_prod = ring.rsp_cons = 0xffff'fff0;
  }
  // What the store would do: takes all requests, answers with the same bytes.
  void echo() {
    while (ring.req_cons != ring.req_prod) {
      ring.rsp[MASK_XENSTORE_IDX(ring.rsp_prod)] = ring.req[MASK_XENSTORE_IDX(ring.req_cons)];
      ++ring.req_cons;
      ++ring.rsp_prod;
    }
  }
};

TEST_CASE("a message longer than the ring comes through in pieces, over the indices' overflow") {
  Page page;
  StoreRing ring(page.ring);
  StoreReader reader;
  const std::string bytes = encode({XS_WRITE, 7, 3, std::string(4000, 'x')});
  std::size_t sent = 0;
  std::optional<StoreMessage> message;
  for (int turn = 0; turn < 10 && !message; ++turn) {
    sent += ring.write(std::string_view(bytes).substr(sent));
    page.echo();
    char buffer[100];
    while (const std::size_t count = ring.read(buffer, sizeof buffer)) reader.add({buffer, count});
    message = reader.next();
  }
  REQUIRE(message);
  CHECK(message->type == XS_WRITE);
  CHECK(message->request == 7);
  CHECK(message->transaction == 3);
  CHECK(message->payload == std::string(4000, 'x'));
  CHECK_FALSE(reader.next());
}

TEST_CASE("a full ring takes nothing more") {
  Page page;
  StoreRing ring(page.ring);
  CHECK(ring.write(std::string(2000, 'a')) == XENSTORE_RING_SIZE);
  CHECK(ring.write("b") == 0);
}

TEST_CASE("indices further apart than the ring is long are refused") {
  Page page;
  StoreRing ring(page.ring);
  page.ring.rsp_prod = page.ring.rsp_cons + XENSTORE_RING_SIZE + 1;
  char byte;
  CHECK_THROWS_AS(ring.read(&byte, 1), StoreBroken);
  page.ring.req_cons = page.ring.req_prod + 1;
  CHECK_THROWS_AS(ring.write("a"), StoreBroken);
}

TEST_CASE(
    "a message that claims to be longer than the protocol allows is refused before it is awaited") {
  StoreReader reader;
  const xsd_sockmsg header{XS_READ, 1, 0, XENSTORE_PAYLOAD_MAX + 1};
  reader.add({reinterpret_cast<const char*>(&header), sizeof header});
  CHECK_THROWS_AS(reader.next(), StoreBroken);
}

TEST_CASE("a request that is too long is an error here, since it would end the connection there") {
  const StoreMessage request{XS_WRITE, 1, 0, std::string(XENSTORE_PAYLOAD_MAX + 1, 'x')};
  CHECK_THROWS_AS(encode(request), std::length_error);
}

TEST_CASE("error names become errnos, with or without their NUL; unknown ones become EIO") {
  CHECK(store_error(std::string_view("ENOENT\0", 7)) == ENOENT);
  CHECK(store_error("EAGAIN") == EAGAIN);
  CHECK(store_error("ENOSUCHNAME") == EIO);
  CHECK(store_error("") == EIO);
}

}  // namespace
}  // namespace sundog::xen
