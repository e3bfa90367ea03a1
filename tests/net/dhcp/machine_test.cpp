// The DHCP client's states, without any network: what it sends is read, and answered by hand.
#include "sundog/io/net/dhcp/machine.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/catch.hpp"

using namespace sundog;
using namespace sundog::net;
using namespace sundog::net::dhcp;
using namespace std::chrono_literals;

namespace {

const MacAddress hardware({2, 0, 0, 0, 0, 0x17});
const IpAddress server = IpAddress::parse("192.0.2.1");
const IpAddress everybody = IpAddress::parse("255.255.255.255");
const IpAddress granted = IpAddress::parse("192.0.2.77");

class CountingRandom final : public RandomSource {
 public:
  void fill(MutableBytes buffer) noexcept override {
    for (std::byte& byte : buffer) byte = static_cast<std::byte>(next_ = next_ * 5 + 1);
  }

 private:
  unsigned next_ = 7;
};

// What it had others do, in order.
class Recorded final : public Actions {
 public:
  struct Sent {
    std::vector<std::byte> bytes;
    IpAddress source;
    IpAddress to;
    Message message() const { return Message::parse(bytes).value(); }
  };
  void send(Bytes message, const IpAddress& source, const IpAddress& to) noexcept override {
    sent.push_back({{message.begin(), message.end()}, source, to});
  }
  void claim(const Lease& lease) noexcept override { story += "claim " + text(lease) + "; "; }
  void use(const Lease& lease) noexcept override { story += "use " + text(lease) + "; "; }
  void give_up(const Lease& lease) noexcept override { story += "give up " + text(lease) + "; "; }

  std::vector<Sent> sent;
  std::string story;

 private:
  static std::string text(const Lease& lease) { return lease.address.to_string(); }
};

struct Lab {
  // A reply to what was sent last.
  struct Reply {
    MessageType type;
    IpAddress your = granted;
    std::optional<IpAddress> mask = IpAddress::parse("255.255.255.0");
    std::optional<IpAddress> router = server;
    std::optional<std::uint32_t> lease_s = 3600;
    std::optional<std::uint32_t> renewal_s{};
    std::optional<std::uint32_t> rebinding_s{};
    IpAddress from = server;
  };

  void answer(const Reply& reply) {
    Message message = actions.sent.back().message();
    message.direction = Direction::reply;
    message.your = reply.your;
    std::array<std::byte, message_bytes_max> space;
    MessageWriter writer(space, message, reply.type);
    writer.address(OptionCode::server, reply.from);
    if (reply.mask) writer.address(OptionCode::subnet_mask, *reply.mask);
    if (reply.router) writer.address(OptionCode::routers, *reply.router);
    if (reply.lease_s) writer.number32(OptionCode::lease_time, *reply.lease_s);
    if (reply.renewal_s) writer.number32(OptionCode::renewal_time, *reply.renewal_s);
    if (reply.rebinding_s) writer.number32(OptionCode::rebinding_time, *reply.rebinding_s);
    machine.received(writer.finish(), now);
  }
  void refuse() {
    answer({.type = MessageType::refuse,
            .your = IpAddress::any_v4(),
            .mask = {},
            .router = {},
            .lease_s = {}});
  }
  // Lets time pass until the machine has something to do, and gives how long that was.
  Duration pass() {
    const Duration left = time_until(machine.deadline(), now);
    now = machine.deadline();
    machine.tick(now);
    return left;
  }
  MessageType last_type() const { return actions.sent.back().message().type().value(); }
  void bind() {
    machine.start(now);
    answer({.type = MessageType::offer});
    answer({.type = MessageType::acknowledge});
    machine.claimed(now);
    REQUIRE(machine.state() == Machine::State::bound);
  }

  CountingRandom random;
  Recorded actions;
  Machine machine{hardware, "lighthouse", random, actions};
  TimePoint now = TimePoint(1000s);
};

using State = Machine::State;

}  // namespace

TEST_CASE("a machine gets its address by discover, offer, request and acknowledgement") {
  Lab lab;
  lab.machine.start(lab.now);
  REQUIRE(lab.actions.sent.size() == 1);
  CHECK(lab.machine.state() == State::selecting);
  Message discover = lab.actions.sent[0].message();
  CHECK(discover.type() == MessageType::discover);
  CHECK(discover.to_all);
  CHECK(discover.hardware == hardware);
  CHECK(lab.actions.sent[0].source == IpAddress::any_v4());
  CHECK(lab.actions.sent[0].to == everybody);
  std::array<std::byte, 16> value;
  CHECK(discover.option(OptionCode::client, value) == 7u);
  CHECK(discover.option(OptionCode::host_name, value) == 10u);
  REQUIRE(discover.option(OptionCode::parameter_list, value) == 7u);
  for (const unsigned code : {1U, 3U, 6U, 26U, 51U, 58U, 59U}) {
    CHECK(std::ranges::count(std::span(value).first(7), static_cast<std::byte>(code)) == 1);
  }
  CHECK_FALSE(discover.address(OptionCode::requested_address));

  lab.answer({.type = MessageType::offer});
  CHECK(lab.machine.state() == State::requesting);
  Message request = lab.actions.sent.back().message();
  CHECK(request.type() == MessageType::request);
  CHECK(request.transaction == discover.transaction);
  CHECK(request.address(OptionCode::requested_address) == granted);
  CHECK(request.address(OptionCode::server) == server);
  CHECK(request.client == IpAddress::any_v4());
  CHECK(lab.actions.story.empty());

  lab.answer({.type = MessageType::acknowledge});
  CHECK(lab.machine.state() == State::checking);
  CHECK(lab.machine.lease() == nullptr);
  lab.machine.claimed(lab.now);
  CHECK(lab.machine.state() == State::bound);
  CHECK(lab.actions.story == "claim 192.0.2.77/24; use 192.0.2.77/24; ");
  REQUIRE(lab.machine.lease() != nullptr);
  CHECK(lab.machine.lease()->renewal == lab.now + 1800s);
  CHECK(lab.machine.lease()->rebinding == lab.now + 3150s);
  CHECK(lab.machine.lease()->end == lab.now + 3600s);
}

TEST_CASE("discovery is sent again after 4, 8, 16, 32, 64 and 64 seconds, each one more or less") {
  Lab lab;
  lab.machine.start(lab.now);
  for (const Duration expected : {4s, 8s, 16s, 32s, 64s, 64s}) {
    const Duration pause = lab.pass();
    CHECK(pause >= expected - 1s);
    CHECK(pause <= expected + 1s);
    CHECK(lab.last_type() == MessageType::discover);
  }
  CHECK(lab.actions.sent.size() == 7);
  CHECK(lab.actions.sent.back().message().elapsed_s >= 180);
}

TEST_CASE("a request that is not answered is sent four times, and then all begins anew") {
  Lab lab;
  lab.machine.start(lab.now);
  lab.answer({.type = MessageType::offer});
  for (int i = 0; i < 3; ++i) {
    lab.pass();
    CHECK(lab.last_type() == MessageType::request);
  }
  const std::uint32_t transaction = lab.actions.sent.back().message().transaction;
  lab.pass();
  CHECK(lab.last_type() == MessageType::discover);
  CHECK(lab.actions.sent.back().message().transaction != transaction);
}

TEST_CASE("answers to another machine, exchange or question are passed over") {
  Lab lab;
  lab.machine.start(lab.now);
  const auto with = [&](auto change) {
    Message message = lab.actions.sent.back().message();
    message.direction = Direction::reply;
    message.your = granted;
    change(message);
    std::array<std::byte, message_bytes_max> space;
    MessageWriter writer(space, message, MessageType::offer);
    writer.address(OptionCode::server, server).number32(OptionCode::lease_time, 60);
    lab.machine.received(writer.finish(), lab.now);
    return lab.machine.state();
  };
  CHECK(with([](Message& m) { ++m.transaction; }) == State::selecting);
  CHECK(with([](Message& m) { m.direction = Direction::request; }) == State::selecting);
  CHECK(with([](Message& m) { m.hardware = MacAddress({2, 0, 0, 0, 0, 0x18}); }) ==
        State::selecting);
  CHECK(with([](Message& m) { m.your = IpAddress::any_v4(); }) == State::selecting);
  CHECK(with([](Message& m) { m.your = IpAddress::parse("224.0.0.1"); }) == State::selecting);
  lab.answer({.type = MessageType::offer, .lease_s = 0});
  lab.answer({.type = MessageType::offer, .lease_s = {}});
  lab.answer({.type = MessageType::acknowledge});
  lab.machine.received({}, lab.now);
  CHECK(lab.machine.state() == State::selecting);
  CHECK(with([](Message&) {}) == State::requesting);
}

TEST_CASE("only the server that was chosen may grant or refuse what it has offered") {
  Lab lab;
  lab.machine.start(lab.now);
  lab.answer({.type = MessageType::offer});
  const IpAddress other = IpAddress::parse("192.0.2.2");
  lab.answer({.type = MessageType::acknowledge, .from = other});
  lab.answer({.type = MessageType::refuse, .from = other});
  lab.answer({.type = MessageType::acknowledge, .your = IpAddress::parse("192.0.2.78")});
  CHECK(lab.machine.state() == State::requesting);
  lab.answer({.type = MessageType::acknowledge});
  CHECK(lab.machine.state() == State::checking);
}

TEST_CASE("after a refusal there is a pause, and discovery begins anew") {
  Lab lab;
  lab.machine.start(lab.now);
  lab.answer({.type = MessageType::offer});
  lab.refuse();
  CHECK(lab.machine.state() == State::init);
  CHECK(lab.pass() == pause_after_failure);
  CHECK(lab.machine.state() == State::selecting);
  CHECK(lab.last_type() == MessageType::discover);
}

TEST_CASE(
    "an address that somebody else has is declined, and another asked for after ten seconds") {
  Lab lab;
  lab.machine.start(lab.now);
  lab.answer({.type = MessageType::offer});
  lab.answer({.type = MessageType::acknowledge});
  lab.machine.lost(lab.now);
  CHECK(lab.last_type() == MessageType::decline);
  const Message decline = lab.actions.sent.back().message();
  CHECK(decline.address(OptionCode::requested_address) == granted);
  CHECK(decline.address(OptionCode::server) == server);
  CHECK(decline.client == IpAddress::any_v4());
  CHECK(lab.actions.sent.back().to == everybody);
  CHECK(lab.actions.story == "claim 192.0.2.77/24; give up 192.0.2.77/24; ");
  CHECK(lab.pass() == pause_after_failure);
  CHECK(lab.last_type() == MessageType::discover);
}

TEST_CASE("an address that is lost later is declined too") {
  Lab lab;
  lab.bind();
  lab.now += 100s;
  lab.machine.lost(lab.now);
  CHECK(lab.last_type() == MessageType::decline);
  CHECK(lab.machine.lease() == nullptr);
  lab.machine.lost(lab.now);  // once is enough
  CHECK(lab.actions.sent.size() == 3);
}

TEST_CASE("a lease is renewed at half of its time, with its server") {
  Lab lab;
  lab.bind();
  CHECK(lab.pass() == 1800s);
  CHECK(lab.machine.state() == State::renewing);
  const auto& sent = lab.actions.sent.back();
  const Message request = sent.message();
  CHECK(request.type() == MessageType::request);
  CHECK(request.client == granted);
  CHECK_FALSE(request.to_all);
  CHECK_FALSE(request.address(OptionCode::requested_address));
  CHECK_FALSE(request.address(OptionCode::server));
  CHECK(sent.source == granted);
  CHECK(sent.to == server);
  CHECK(lab.machine.lease() != nullptr);
  lab.answer({.type = MessageType::acknowledge});
  CHECK(lab.machine.state() == State::bound);
  CHECK(lab.machine.lease()->end == lab.now + 3600s);
}

TEST_CASE("a renewal that says neither mask nor router nor times keeps what is known") {
  Lab lab;
  lab.bind();
  lab.pass();
  lab.answer({.type = MessageType::acknowledge, .mask = {}, .router = {}});
  CHECK(lab.machine.state() == State::bound);
  CHECK(lab.machine.lease()->address == Prefix::parse("192.0.2.77/24"));
  REQUIRE(lab.machine.lease()->routers.all().size() == 1);
  CHECK(lab.machine.lease()->routers.all()[0] == server);
  CHECK(lab.actions.story == "claim 192.0.2.77/24; use 192.0.2.77/24; use 192.0.2.77/24; ");
}

TEST_CASE("renewal is tried after half of the time that is left, then with all, until the end") {
  Lab lab;
  lab.bind();
  lab.pass();  // T1, at 1800 s
  CHECK(lab.pass() == 675s);
  CHECK(lab.machine.state() == State::renewing);
  CHECK(lab.actions.sent.back().to == server);
  while (lab.machine.state() == State::renewing) CHECK(lab.pass() >= 1s);
  CHECK(lab.machine.state() == State::rebinding);
  CHECK(lab.now == TimePoint(1000s) + 3150s);
  CHECK(lab.actions.sent.back().to == everybody);
  CHECK(lab.actions.sent.back().message().client == granted);
  CHECK(lab.pass() == 225s);
  while (lab.machine.state() == State::rebinding) {
    CHECK(lab.machine.lease() != nullptr);
    lab.pass();
  }
  CHECK(lab.now == TimePoint(1000s) + 3600s);
  CHECK(lab.machine.lease() == nullptr);
  CHECK(lab.machine.state() == State::selecting);
  CHECK(lab.actions.story == "claim 192.0.2.77/24; use 192.0.2.77/24; give up 192.0.2.77/24; ");
}

TEST_CASE("another server may take over a lease while it is being rebound") {
  Lab lab;
  lab.bind();
  while (lab.machine.state() != State::rebinding) lab.pass();
  const IpAddress other = IpAddress::parse("192.0.2.2");
  lab.answer({.type = MessageType::acknowledge, .from = other});
  CHECK(lab.machine.state() == State::bound);
  CHECK(lab.machine.lease()->server == other);
}

TEST_CASE("a renewal that is refused gives the address up at once") {
  Lab lab;
  lab.bind();
  lab.pass();
  lab.refuse();
  CHECK(lab.machine.lease() == nullptr);
  CHECK(lab.machine.state() == State::selecting);
  CHECK(lab.last_type() == MessageType::discover);
}

TEST_CASE("a renewal for another address is passed over") {
  Lab lab;
  lab.bind();
  lab.pass();
  lab.answer({.type = MessageType::acknowledge, .your = IpAddress::parse("192.0.2.78")});
  CHECK(lab.machine.state() == State::renewing);
}

TEST_CASE("an address of before is asked for again, and kept if the server agrees") {
  Lab lab;
  lab.machine.start(lab.now, granted);
  CHECK(lab.machine.state() == State::rebooting);
  const Message request = lab.actions.sent.back().message();
  CHECK(request.type() == MessageType::request);
  CHECK(request.address(OptionCode::requested_address) == granted);
  CHECK_FALSE(request.address(OptionCode::server));
  CHECK(request.client == IpAddress::any_v4());
  CHECK(lab.actions.sent.back().to == everybody);
  lab.answer({.type = MessageType::acknowledge});
  CHECK(lab.machine.state() == State::checking);
}

TEST_CASE("an address of before that nobody grants, or one refuses, leads to discovery") {
  Lab silent;
  silent.machine.start(silent.now, granted);
  silent.pass();
  CHECK(silent.last_type() == MessageType::request);
  silent.pass();
  CHECK(silent.last_type() == MessageType::discover);
  Lab refused;
  refused.machine.start(refused.now, granted);
  refused.refuse();
  CHECK(refused.last_type() == MessageType::discover);
}

TEST_CASE("when the link comes back, the address is asked for again") {
  Lab lab;
  lab.bind();
  lab.now += 60s;
  lab.machine.link_came_back(lab.now);
  CHECK(lab.machine.state() == State::rebooting);
  CHECK(lab.machine.lease() == nullptr);
  CHECK(lab.actions.sent.back().message().address(OptionCode::requested_address) == granted);
  lab.answer({.type = MessageType::acknowledge});
  lab.machine.claimed(lab.now);
  CHECK(lab.machine.state() == State::bound);
}

TEST_CASE("an address that is given back is released to its server, and nothing is due any more") {
  Lab lab;
  lab.bind();
  lab.machine.release(lab.now);
  CHECK(lab.last_type() == MessageType::release);
  const Message release = lab.actions.sent.back().message();
  CHECK(release.client == granted);
  CHECK(release.address(OptionCode::server) == server);
  CHECK(lab.actions.sent.back().to == server);
  CHECK(lab.actions.sent.back().source == granted);
  CHECK(lab.machine.state() == State::stopped);
  CHECK(lab.machine.deadline() == never);
  lab.machine.release(lab.now);
  CHECK(lab.actions.sent.size() == 3);
}

TEST_CASE("times of a lease that make no sense are replaced by the usual ones") {
  const auto times = [](std::optional<std::uint32_t> renewal_s,
                        std::optional<std::uint32_t> rebinding_s, std::uint32_t lease_s = 800) {
    Lab lab;
    lab.machine.start(lab.now);
    lab.answer({.type = MessageType::offer});
    lab.answer({.type = MessageType::acknowledge,
                .lease_s = lease_s,
                .renewal_s = renewal_s,
                .rebinding_s = rebinding_s});
    lab.machine.claimed(lab.now);
    return std::pair(lab.machine.lease()->renewal, lab.machine.lease()->rebinding);
  };
  const TimePoint begun = TimePoint(1000s);
  CHECK(times({}, {}) == std::pair(begun + 400s, begun + 700s));
  CHECK(times(100, 200) == std::pair(begun + 100s, begun + 200s));
  CHECK(times(0, 0) == std::pair(begun + 400s, begun + 700s));
  CHECK(times(300, 200) == std::pair(begun + 400s, begun + 700s));
  CHECK(times(100, 900) == std::pair(begun + 400s, begun + 700s));
  CHECK(times({}, {}, 0xffffffff) == std::pair(never, never));
}

TEST_CASE("masks that are none are replaced by what is known, or by the address's class") {
  const auto prefix = [](std::optional<IpAddress> mask) {
    Lab lab;
    lab.machine.start(lab.now);
    lab.answer({.type = MessageType::offer});
    lab.answer({.type = MessageType::acknowledge, .mask = mask});
    lab.machine.claimed(lab.now);
    return lab.machine.lease()->address.length_bits();
  };
  CHECK(prefix(IpAddress::parse("255.255.255.128")) == 25);
  CHECK(prefix(IpAddress::parse("255.255.255.255")) == 32);
  CHECK(prefix(IpAddress::parse("255.0.255.0")) == 24);
  CHECK(prefix(IpAddress::parse("0.0.0.0")) == 24);
  CHECK(prefix({}) == 24);
}

TEST_CASE("whatever comes in at any time, the machine goes on") {
  // Each state, and then each kind of message with each part missing.
  for (unsigned steps = 0; steps < 12; ++steps) {
    for (unsigned type = 0; type <= 9; ++type) {
      for (unsigned missing = 0; missing < 16; ++missing) {
        Lab lab;
        lab.machine.start(lab.now);
        if (steps > 0) lab.answer({.type = MessageType::offer});
        if (steps > 1) lab.answer({.type = MessageType::acknowledge});
        if (steps > 2) lab.machine.claimed(lab.now);
        for (unsigned i = 3; i < steps; ++i) lab.pass();
        lab.answer({.type = static_cast<MessageType>(type),
                    .your = (missing & 1) != 0 ? IpAddress::any_v4() : granted,
                    .mask = (missing & 2) != 0 ? std::optional<IpAddress>() : server,
                    .router = (missing & 4) != 0 ? std::optional<IpAddress>() : server,
                    .lease_s = (missing & 8) != 0 ? std::optional<std::uint32_t>() : 5});
        lab.machine.claimed(lab.now);
        const std::size_t sent = lab.actions.sent.size();
        for (int i = 0; i < 20; ++i) lab.pass();
        CHECK(lab.actions.sent.size() > sent);
      }
    }
  }
}
