// The two rings of a network device (io/xen/devices), against a back end that a test plays: what
// goes into a slot, and what is judged of an answer.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "sundog/io/network.hpp"
#include "sundog/io/xen/devices/frame_transport.hpp"
#include "sundog/io/xen/devices/network_keys.hpp"
#include "sundog/io/xen/devices/receive_memory.hpp"
#include "sundog/io/xen/devices/receive_queue.hpp"
#include "sundog/io/xen/devices/send_memory.hpp"
#include "sundog/io/xen/devices/send_queue.hpp"
#include "sundog/io/xen/memory.hpp"
#include "tests/catch.hpp"
#include "tests/xen/made_up_grants.hpp"

namespace sundog::xen {
namespace {

constexpr domid_t back_end = 3;

struct alignas(ring_page_bytes) RingPage {
  std::byte bytes[ring_page_bytes] = {};
};

// --- sending ------------------------------------------------------------------------------------

struct Sender final : SendUser {
  Sender() {
    made_up::make_memory();
    memory.emplace(4, 0xffffU);
    memory->open(back_end);
  }
  ~Sender() { queue.end(); }

  void sent(PacketMemory& frame, bool taken) noexcept override {
    (taken ? taken_count : lost_count)++;
    frame.owner->give_back(frame);
  }
  void group_refused() noexcept override { ++refused_count; }

  void send(std::size_t size, PacketOffload offload = {}) {
    PacketMemory* const frame = memory->take(size);
    REQUIRE(frame != nullptr);
    frame->offload = offload;
    REQUIRE(queue.has_room(*frame));
    queue.put(*frame, *SendMemory::pages_of(*frame));
    bool is_answered = false;
    static_cast<void>(queue.show(false, is_answered));
  }
  SendRing& ring() { return *reinterpret_cast<SendRing*>(page->bytes); }
  void answer(std::uint16_t id, std::int16_t status) {
    ring().put(answered++, SendResponse{id, status});
    ring().show_responses(answered);
  }

  std::unique_ptr<RingPage> page = std::make_unique<RingPage>();
  std::optional<SendMemory> memory;
  SendQueue queue{page->bytes, *this};
  std::uint32_t answered = 0;
  int taken_count = 0;
  int lost_count = 0;
  int refused_count = 0;
};

TEST_CASE("a frame's first slot has its whole size, the others their own part of it") {
  Sender sender;
  sender.send(2 * page_bytes + 100);
  REQUIRE(sender.ring().shown_requests() == 3);
  const SendRequest first = sender.ring().request(0);
  const SendRequest second = sender.ring().request(1);
  const SendRequest third = sender.ring().request(2);
  CHECK(first.size == 2 * page_bytes + 100);
  CHECK(first.flags == (NETTXF_data_validated | NETTXF_more_data));
  CHECK(second.size == page_bytes);
  CHECK(second.flags == NETTXF_more_data);
  CHECK(third.size == 100);
  CHECK(third.flags == 0);
  CHECK(first.offset + second.offset + third.offset == 0);
  for (const SendRequest& part : {first, second, third}) {
    CHECK(made_up::is_granted(part.reference));
    CHECK_FALSE(made_up::is_writable(part.reference));
  }
}

TEST_CASE("a large segment says how it is cut, behind its first slot") {
  Sender sender;
  PacketOffload offload;
  offload.checksum = Checksum::partial;
  offload.segmentation = Segmentation::tcp6;
  offload.segment_bytes = 1428;
  sender.send(5000, offload);
  REQUIRE(sender.ring().shown_requests() == 3);
  CHECK(sender.ring().request(0).flags ==
        (NETTXF_csum_blank | NETTXF_data_validated | NETTXF_more_data | NETTXF_extra_info));
  const SendRequest slot = sender.ring().request(1);
  netif_extra_info extra;
  std::memcpy(&extra, &slot, sizeof extra);
  CHECK(extra.type == XEN_NETIF_EXTRA_TYPE_GSO);
  CHECK(extra.flags == 0);
  CHECK(extra.u.gso.size == 1428);
  CHECK(extra.u.gso.type == XEN_NETIF_GSO_TYPE_TCPV6);
  CHECK(extra.u.gso.features == 0);
}

TEST_CASE("the largest packet takes as many slots as a back end must take") {
  Sender sender;
  PacketOffload offload;
  offload.checksum = Checksum::partial;
  offload.segmentation = Segmentation::tcp4;
  offload.segment_bytes = 1448;
  sender.send(0xffff, offload);
  CHECK(sender.ring().shown_requests() <= XEN_NETIF_NR_SLOTS_MIN);
}

TEST_CASE(
    "a frame comes back when all of its slots are answered, and is lost if one of them failed") {
  Sender sender;
  sender.send(5000);
  sender.send(5000);
  std::array<std::uint16_t, 4> ids{};
  for (std::uint32_t i = 0; i < 4; ++i) ids[i] = sender.ring().request(i).id;
  // Out of turn.
  sender.answer(ids[2], NETIF_RSP_OKAY);
  sender.answer(ids[0], NETIF_RSP_OKAY);
  CHECK(sender.queue.serve() == nullptr);
  CHECK(sender.taken_count == 0);
  sender.answer(ids[1], NETIF_RSP_OKAY);
  sender.answer(ids[3], NETIF_RSP_DROPPED);
  CHECK(sender.queue.serve() == nullptr);
  CHECK(sender.taken_count == 1);
  CHECK(sender.lost_count == 1);
  CHECK(sender.queue.is_idle());
}

TEST_CASE("an answer that nobody is owed is found out") {
  const auto wrong = [](std::uint16_t id, std::int16_t status) {
    Sender sender;
    sender.send(100);
    sender.answer(id, status);
    return sender.queue.serve() != nullptr;
  };
  Sender sender;
  sender.send(100);
  const std::uint16_t id = sender.ring().request(0).id;
  CHECK_FALSE(wrong(id, NETIF_RSP_OKAY));
  CHECK(wrong(static_cast<std::uint16_t>(id + 1), NETIF_RSP_OKAY));
  CHECK(wrong(0xffff, NETIF_RSP_OKAY));
  CHECK(wrong(id, NETIF_RSP_NULL));
  CHECK(wrong(id, 2));
  CHECK(wrong(id, -3));
  // Twice the same.
  sender.send(100);
  sender.answer(id, NETIF_RSP_OKAY);
  sender.answer(id, NETIF_RSP_OKAY);
  CHECK(sender.queue.serve() != nullptr);
  CHECK(sender.taken_count == 1);
}

TEST_CASE("frames that a back end has not answered come back when it has gone") {
  Sender sender;
  sender.send(100);
  sender.send(9000);
  CHECK(sender.memory->free_count() == 2);
  sender.queue.end();
  CHECK(sender.memory->free_count() == 4);
  CHECK(sender.lost_count == 2);
  CHECK(sender.queue.is_idle());
}

TEST_CASE("a back end is told of a group by a slot that holds no frame") {
  Sender sender;
  sender.queue.put_group(MacAddress({0x33, 0x33, 0, 0, 0, 9}), true);
  bool answered = false;
  static_cast<void>(sender.queue.show(false, answered));
  const SendRequest request = sender.ring().request(0);
  CHECK(request.flags == NETTXF_extra_info);
  const SendRequest slot = sender.ring().request(1);
  netif_extra_info extra;
  std::memcpy(&extra, &slot, sizeof extra);
  CHECK(extra.type == XEN_NETIF_EXTRA_TYPE_MCAST_ADD);
  CHECK(extra.u.mcast.addr[0] == 0x33);
  CHECK(extra.u.mcast.addr[5] == 9);
  sender.answer(request.id, NETIF_RSP_ERROR);
  sender.answer(0, NETIF_RSP_NULL);
  CHECK(sender.queue.serve() == nullptr);
  CHECK(sender.refused_count == 1);
}

TEST_CASE("pages of a frame that a back end does not let go of are not used for the next one") {
  Sender sender;
  PacketMemory* const frame = sender.memory->take(100);
  const GrantedPages* pages = SendMemory::pages_of(*frame);
  const grant_ref_t reference = pages->reference(0);
  std::byte* const bytes = pages->bytes();
  made_up::hold(reference, true);
  // While the program fills the frame, its memory stays; but it is nobody's to send.
  sender.memory->close();
  CHECK(SendMemory::pages_of(*frame) == nullptr);
  CHECK(frame->data == bytes);
  frame->owner->give_back(*frame);
  sender.memory->open(back_end);
  std::vector<PacketMemory*> all;
  while (PacketMemory* const one = sender.memory->take(1)) all.push_back(one);
  CHECK(all.size() == 4);
  for (PacketMemory* const one : all) {
    CHECK(one->data != bytes);
    REQUIRE(SendMemory::pages_of(*one) != nullptr);
    CHECK(SendMemory::pages_of(*one)->reference(0) != reference);
    one->owner->give_back(*one);
  }
  // Once it has let go, the page is the allocator's again.
  CHECK(collect_grants() == 1);
  made_up::hold(reference, false);
  CHECK(collect_grants() == 0);
}

// --- receiving ----------------------------------------------------------------------------------

struct Receiver final : ReceiveUser {
  explicit Receiver(std::size_t pages = 16, std::size_t posted = 8) {
    made_up::make_memory();
    memory.emplace(pages);
    queue.expect(true, true);
    queue.begin(*memory, posted);
    static_cast<void>(queue.show());
  }
  ~Receiver() {
    packets.clear();
    queue.end();
  }

  void received(PacketMemory& first, std::size_t size) noexcept override {
    packets.emplace_back(first);
    CHECK(packets.back().size() == size);
  }
  void received_wrong() noexcept override { ++wrong_count; }
  void received_lost() noexcept override { ++lost_count; }

  ReceiveRing& ring() { return *reinterpret_cast<ReceiveRing*>(page->bytes); }
  // Puts bytes into the page of the next slot, and answers it.
  void give(const std::vector<std::byte>& bytes, unsigned flags = 0, std::uint16_t offset = 0) {
    const ReceiveRequest request = ring().request(answered);
    REQUIRE(made_up::is_writable(request.reference));
    std::ranges::copy(bytes, made_up::granted_page(request.reference) + offset);
    answer({request.id, offset, static_cast<std::uint16_t>(flags),
            static_cast<std::int16_t>(bytes.size())});
  }
  void answer(const ReceiveResponse& response) {
    ring().put(answered++, response);
    ring().show_responses(answered);
  }
  void answer_extra(std::uint8_t type, std::uint8_t gso_type, std::uint16_t size,
                    std::uint8_t flags = 0) {
    netif_extra_info extra{};
    extra.type = type;
    extra.flags = flags;
    extra.u.gso.type = gso_type;
    extra.u.gso.size = size;
    ReceiveResponse response;
    std::memcpy(&response, &extra, sizeof response);
    answer(response);
  }
  const char* serve() {
    const char* const wrong = queue.serve();
    static_cast<void>(queue.show());
    return wrong;
  }
  std::size_t posted_count() { return ring().shown_requests() - answered; }

  std::unique_ptr<RingPage> page = std::make_unique<RingPage>();
  std::optional<ReceiveMemory> memory;
  ReceiveQueue queue{page->bytes, back_end, *this};
  std::uint32_t answered = 0;
  std::vector<ReceivedPacket> packets;
  int wrong_count = 0;
  int lost_count = 0;
};

std::vector<std::byte> some_bytes(std::size_t size, unsigned first = 0) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(first + i * 7 + i / 251);
  return bytes;
}
// A frame of TCP over IPv4 with this much payload.
std::vector<std::byte> tcp_frame(std::size_t payload) {
  std::vector<std::byte> frame = some_bytes(54 + payload);
  const unsigned char fields[] = {0x08, 0x00, 0x45};
  std::memcpy(frame.data() + 12, fields, sizeof fields);
  frame[20] = frame[21] = std::byte{0};
  frame[23] = std::byte{6};
  frame[46] = std::byte{0x50};
  return frame;
}
std::vector<std::byte> bytes_of(const ReceivedPacket& packet) {
  std::vector<std::byte> bytes(packet.size());
  packet.copy(0, bytes);
  return bytes;
}

TEST_CASE("a frame is where its slot says, and is nobody else's any more once it is received") {
  Receiver receiver;
  const auto frame = some_bytes(1514);
  const grant_ref_t reference = receiver.ring().request(0).reference;
  receiver.give(frame, 0, 777);
  CHECK(receiver.serve() == nullptr);
  REQUIRE(receiver.packets.size() == 1);
  CHECK(bytes_of(receiver.packets[0]) == frame);
  CHECK_FALSE(made_up::is_granted(reference));
  CHECK(receiver.posted_count() == 8);
}

TEST_CASE("a frame in several pages is one packet, and its first piece is long enough") {
  Receiver receiver;
  const auto frame = some_bytes(5000);
  receiver.give({frame.begin(), frame.begin() + 20}, NETRXF_more_data, 4000);
  receiver.give({frame.begin() + 20, frame.begin() + 100}, NETRXF_more_data);
  CHECK(receiver.serve() == nullptr);
  CHECK(receiver.packets.empty());
  receiver.give({frame.begin() + 100, frame.begin() + 4000}, NETRXF_more_data);
  receiver.give({frame.begin() + 4000, frame.end()});
  CHECK(receiver.serve() == nullptr);
  REQUIRE(receiver.packets.size() == 1);
  CHECK(bytes_of(receiver.packets[0]) == frame);
  CHECK(receiver.packets[0].first().size() >= ReceivedPacket::first_bytes_min);
  CHECK(receiver.posted_count() == 8);
  receiver.packets.clear();
  CHECK(receiver.memory->free_count() == 8);
}

TEST_CASE("a large segment is one, with its kind, its segments' size and its headers' length") {
  Receiver receiver;
  const auto frame = tcp_frame(6000);
  receiver.give({frame.begin(), frame.begin() + 4096},
                NETRXF_more_data | NETRXF_extra_info | NETRXF_csum_blank | NETRXF_data_validated);
  receiver.answer_extra(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_GSO_TYPE_TCPV4, 1448);
  receiver.give({frame.begin() + 4096, frame.end()});
  CHECK(receiver.serve() == nullptr);
  REQUIRE(receiver.packets.size() == 1);
  CHECK(bytes_of(receiver.packets[0]) == frame);
  const PacketOffload& offload = receiver.packets[0].offload();
  CHECK(offload.segmentation == Segmentation::tcp4);
  CHECK(offload.segment_bytes == 1448);
  CHECK(offload.header_bytes == 54);
  CHECK(offload.checksum == Checksum::partial);
  CHECK(offload.checksum_start == 34);
  CHECK(offload.checksum_offset == 16);
  CHECK(receiver.posted_count() == 8);
}

TEST_CASE("what is said of a checksum is taken over: blank, looked at, or neither") {
  Receiver receiver;
  receiver.give(tcp_frame(10), NETRXF_csum_blank | NETRXF_data_validated);
  receiver.give(tcp_frame(10), NETRXF_data_validated);
  receiver.give(tcp_frame(10));
  // Where its place cannot be known, the sum is for the stack to look at.
  receiver.give(some_bytes(60), NETRXF_csum_blank);
  CHECK(receiver.serve() == nullptr);
  REQUIRE(receiver.packets.size() == 4);
  CHECK(receiver.packets[0].offload().checksum == Checksum::partial);
  CHECK(receiver.packets[1].offload().checksum == Checksum::verified);
  CHECK(receiver.packets[2].offload().checksum == Checksum::complete);
  CHECK(receiver.packets[3].offload().checksum == Checksum::complete);
}

TEST_CASE("a frame that a back end could not give costs no page, nor what is no frame") {
  Receiver receiver;
  for (int i = 0; i < 50; ++i) {
    const ReceiveRequest request = receiver.ring().request(receiver.answered);
    receiver.answer({request.id, 0, 0, NETIF_RSP_ERROR});
    receiver.give(some_bytes(13));
    const ReceiveRequest empty = receiver.ring().request(receiver.answered);
    receiver.answer({empty.id, 0, 0, 0});
    REQUIRE(receiver.serve() == nullptr);
    REQUIRE(receiver.posted_count() == 8);
  }
  CHECK(receiver.wrong_count == 150);
  CHECK(receiver.packets.empty());
  CHECK(receiver.memory->free_count() == 8);
}

TEST_CASE("while all pages are on loan, what comes is lost, and room is kept for what follows") {
  Receiver receiver(16, 8);
  for (unsigned i = 0; i < 20; ++i) {
    receiver.give(some_bytes(60, i));
    REQUIRE(receiver.serve() == nullptr);
    REQUIRE(receiver.posted_count() == 8);
  }
  CHECK(receiver.packets.size() == 8);
  CHECK(receiver.lost_count == 12);
  for (unsigned i = 0; i < 8; ++i) CHECK(bytes_of(receiver.packets[i]) == some_bytes(60, i));
  receiver.packets.clear();
  receiver.give(some_bytes(60, 99));
  CHECK(receiver.serve() == nullptr);
  REQUIRE(receiver.packets.size() == 1);
  CHECK(bytes_of(receiver.packets[0]) == some_bytes(60, 99));
}

TEST_CASE("a frame in more pieces than any has is dropped whole, and the next one is whole again") {
  Receiver receiver(80, 40);
  for (std::size_t i = 0; i < ReceiveQueue::pieces_max + 3; ++i) {
    receiver.give(some_bytes(100), NETRXF_more_data);
  }
  receiver.give(some_bytes(100));
  receiver.give(some_bytes(70, 5));
  CHECK(receiver.serve() == nullptr);
  CHECK(receiver.wrong_count == 1);
  REQUIRE(receiver.packets.size() == 1);
  CHECK(bytes_of(receiver.packets[0]) == some_bytes(70, 5));
  CHECK(receiver.posted_count() == 40);
}

TEST_CASE("a page that the back end still uses is not given to the program") {
  Receiver receiver;
  const grant_ref_t reference = receiver.ring().request(0).reference;
  receiver.give(some_bytes(60));
  made_up::hold(reference, true);
  CHECK(receiver.serve() == nullptr);
  CHECK(receiver.packets.empty());
  CHECK(receiver.wrong_count == 1);
  CHECK(receiver.posted_count() == 8);
  // Nor to the next back end.
  receiver.queue.end();
  CHECK(receiver.memory->free_count() == 16);
  CHECK(collect_grants() == 1);
  made_up::hold(reference, false);
  CHECK(collect_grants() == 0);
}

TEST_CASE("a back end that breaks the rules of receiving is found out") {
  const auto is_wrong = [](auto act) {
    Receiver receiver;
    act(receiver);
    const bool wrong = receiver.serve() != nullptr;
    CHECK(receiver.packets.empty());
    return wrong;
  };
  const auto answer = [](std::uint16_t id, std::uint16_t offset, unsigned flags, int status) {
    return [=](Receiver& receiver) {
      receiver.answer(
          {id, offset, static_cast<std::uint16_t>(flags), static_cast<std::int16_t>(status)});
    };
  };
  CHECK(is_wrong(answer(1, 0, 0, 60)));       // another slot's
  CHECK(is_wrong(answer(0x1000, 0, 0, 60)));  // none's
  CHECK(is_wrong(answer(0, 4037, 0, 60)));    // beyond the page's end
  CHECK(is_wrong(answer(0, 0xffff, 0, 1)));
  CHECK(is_wrong(answer(0, 0, 0, 4097)));
  CHECK(is_wrong([](Receiver& receiver) { receiver.ring().response_end = 9; }));
  CHECK(is_wrong([](Receiver& receiver) { receiver.ring().response_end = ~std::uint32_t{0}; }));
  const auto extra = [&](std::uint8_t type, std::uint8_t gso_type, std::uint16_t size) {
    return is_wrong([=](Receiver& receiver) {
      receiver.give(tcp_frame(10), NETRXF_extra_info);
      receiver.answer_extra(type, gso_type, size);
    });
  };
  CHECK(extra(XEN_NETIF_EXTRA_TYPE_NONE, XEN_NETIF_GSO_TYPE_TCPV4, 1448));
  CHECK(extra(XEN_NETIF_EXTRA_TYPE_HASH, XEN_NETIF_GSO_TYPE_TCPV4, 1448));
  CHECK(extra(XEN_NETIF_EXTRA_TYPE_MCAST_ADD, XEN_NETIF_GSO_TYPE_TCPV4, 1448));
  CHECK(extra(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_GSO_TYPE_NONE, 1448));
  CHECK(extra(XEN_NETIF_EXTRA_TYPE_GSO, 3, 1448));
  CHECK(extra(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_GSO_TYPE_TCPV4, 0));
  CHECK(is_wrong([](Receiver& receiver) {  // two of them
    receiver.give(tcp_frame(10), NETRXF_extra_info);
    receiver.answer_extra(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_GSO_TYPE_TCPV4, 1448,
                          XEN_NETIF_EXTRA_FLAG_MORE);
    receiver.answer_extra(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_GSO_TYPE_TCPV4, 1448);
  }));
  CHECK(is_wrong([](Receiver& receiver) {  // amidst a frame
    receiver.give(tcp_frame(10), NETRXF_more_data);
    receiver.give(some_bytes(10), NETRXF_extra_info);
  }));
  CHECK(is_wrong([](Receiver& receiver) {  // of what was not asked for
    receiver.queue.expect(false, false);
    receiver.give(tcp_frame(10), NETRXF_extra_info);
  }));
}

TEST_CASE("a large segment that is no TCP of its kind is dropped") {
  Receiver receiver;
  const auto give = [&](const std::vector<std::byte>& frame, std::uint8_t gso_type) {
    receiver.give(frame, NETRXF_extra_info | NETRXF_csum_blank);
    receiver.answer_extra(XEN_NETIF_EXTRA_TYPE_GSO, gso_type, 1448);
    CHECK(receiver.serve() == nullptr);
  };
  give(some_bytes(500), XEN_NETIF_GSO_TYPE_TCPV4);
  give(tcp_frame(500), XEN_NETIF_GSO_TYPE_TCPV6);
  give(tcp_frame(0), XEN_NETIF_GSO_TYPE_TCPV4);  // without payload
  CHECK(receiver.wrong_count == 3);
  CHECK(receiver.packets.empty());
  CHECK(receiver.posted_count() == 8);
  CHECK(receiver.memory->free_count() == 8);
}

// --- keys and headers ---------------------------------------------------------------------------

TEST_CASE("a transport's header is found behind IPv4's options and IPv6's extension headers") {
  auto frame = tcp_frame(10);
  auto found = find_transport(frame);
  REQUIRE(found);
  CHECK((found->is_tcp && !found->is_v6 && found->start == 34 && found->end == 54));
  frame[23] = std::byte{17};
  found = find_transport(frame);
  REQUIRE(found);
  CHECK((!found->is_tcp && found->checksum_offset() == 6 && found->end == 42));
  frame[21] = std::byte{1};  // a fragment
  CHECK_FALSE(find_transport(frame));
  std::vector<std::byte> six(200);
  six[12] = std::byte{0x86};
  six[13] = std::byte{0xdd};
  six[14] = std::byte{0x60};
  six[20] = std::byte{60};  // destination options, of 16 bytes, then TCP
  six[54] = std::byte{6};
  six[55] = std::byte{1};
  six[70 + 12] = std::byte{0x60};
  found = find_transport(six);
  REQUIRE(found);
  CHECK((found->is_tcp && found->is_v6 && found->start == 70 && found->end == 94));
  six[20] = std::byte{44};
  CHECK_FALSE(find_transport(six));
  for (std::size_t size = 0; size < 94; ++size) {
    CHECK_FALSE(find_transport(Bytes(six).first(size)));
  }
}

TEST_CASE("keys of the store are taken for what they say, and nonsense for nothing") {
  CHECK(is_yes("1"));
  for (const char* no : {"", "0", "yes", "1 ", " 1", "-1", "99999999999999999999999"}) {
    CAPTURE(no);
    CHECK_FALSE(is_yes(no));
  }
  CHECK(parse_vif_mac("00:16:3e:12:34:56") == MacAddress({0, 0x16, 0x3e, 0x12, 0x34, 0x56}));
  for (const char* none :
       {"", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:16:3e:12:34:56", "x"}) {
    CAPTURE(none);
    CHECK_FALSE(parse_vif_mac(none));
  }
  CHECK(parse_vif_mtu("", true) == 1500);
  CHECK(parse_vif_mtu("9000", true) == 9000);
  CHECK(parse_vif_mtu("1280", true) == 1280);
  CHECK(parse_vif_mtu("67", true) == 1500);
  CHECK(parse_vif_mtu("1500x", true) == 1500);
  CHECK(parse_vif_mtu("4000000000", true) == 65'521);
  CHECK(parse_vif_mtu("9000", false) == 4082);
  CHECK(parse_carrier(""));
  CHECK(parse_carrier("1"));
  CHECK_FALSE(parse_carrier("0"));
}

}  // namespace
}  // namespace sundog::xen
