// The resolver between simulated hosts, with name servers that do what a test tells them.
#include "sundog/io/net/resolver/resolver.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

#include "sundog/io/sim/random.hpp"
#include "sundog/io/sim/stack.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/net/resolver/fake_name_server.hpp"

using namespace sundog;
using namespace sundog::net;
using namespace sundog::sim;
using namespace std::chrono_literals;
using sundog::test::FakeNameServer;
using sundog::test::Reply;

namespace {

using SimDnsResolver = DnsResolver<SimStack, SimRandom>;

constexpr std::uint16_t dns_port = 53;

// Has www.example.org and knows that it has all.
std::vector<std::byte> usual_answer(const dns::Message& query, bool) {
  Reply reply(query);
  if (reply.question().name == test::dns_name("www.example.org")) {
    reply.address("www.example.org", "192.0.2.1").address("www.example.org", "2001:db8::17");
  } else {
    reply.authority("example.org", 60, 60).rcode(dns::Rcode::name_error);
  }
  return reply.bytes();
}

std::vector<std::byte> silence(const dns::Message&, bool) { return {}; }

std::vector<std::byte> refusal(const dns::Message& query, bool) {
  return Reply(query).rcode(dns::Rcode::refused).bytes();
}

// How a name was resolved, and when.
struct Ending {
  std::string what;  // its addresses, or the error
  std::error_code error;
  Duration took{};
};

Task<Ending> resolve_one(SimDnsResolver& resolver, std::string name) {
  Ending ending;
  const TimePoint begun = now();
  try {
    const auto addresses = co_await resolver.resolve(std::move(name));
    for (const IpAddress& address : addresses) {
      ending.what += (ending.what.empty() ? "" : " ") + address.to_string();
    }
  } catch (const std::system_error& error) {
    ending.what = error.what();
    ending.error = error.code();
  }
  ending.took = now() - begun;
  co_return ending;
}

// A world with a client and some name servers; ns0 is at 10.0.0.1, ns1 at 10.0.0.2.
struct Lab {
  explicit Lab(std::vector<FakeNameServer::Script> scripts, FaultPlan faults = FaultPlan())
      : world(1, faults) {
    for (auto& script : scripts) servers.emplace_back(std::move(script));
    for (std::size_t i = 0; i < servers.size(); ++i) {
      Host& host = world.add_host("ns" + std::to_string(i));
      endpoints.push_back(host.endpoint(dns_port));
      host.start(
          [this, i, &host] { return test::serve_dns(SimStack(host), endpoints[i], servers[i]); },
          Host::Duty::serve);
    }
    client = &world.add_host("client", World::ClockKind::exact);
  }

  // Runs the client to its end.
  void run(std::function<Task<void>(SimDnsResolver&)> body) {
    client->start([&]() -> Task<void> {
      SimStack stack(*client);
      SimRandom random(*client);
      SimDnsResolver resolver(stack, random, endpoints, options);
      co_await sleep(1ms);  // until the servers are there
      co_await body(resolver);
    });
    world.run();
  }
  // Resolves one name, and that is all.
  Ending resolve(const std::string& name) {
    Ending ending;
    run([&](SimDnsResolver& resolver) -> Task<void> {
      ending = co_await resolve_one(resolver, name);
    });
    return ending;
  }

  World world;
  std::vector<FakeNameServer> servers;
  std::vector<Endpoint> endpoints;
  ResolverOptions options;
  Host* client = nullptr;
};

}  // namespace

TEST_CASE("a name's addresses of both families come from one question each") {
  Lab lab({usual_answer});
  const Ending ending = lab.resolve("www.example.org");
  CHECK(ending.what == "2001:db8::17 192.0.2.1");
  CHECK(lab.servers[0].asked.size() == 2);
  CHECK(lab.servers[0].count("www.example.org. A") == 1);
  CHECK(lab.servers[0].count("www.example.org. AAAA") == 1);
}

TEST_CASE("what was answered is not asked again until its time to live is over") {
  Lab lab({usual_answer});
  lab.run([&](SimDnsResolver& resolver) -> Task<void> {
    for (int i = 0; i < 10; ++i) {
      const char* const spelling = i % 2 == 0 ? "WWW.example.org" : "www.example.org.";
      const Ending ending = co_await resolve_one(resolver, spelling);
      CHECK(ending.what == "2001:db8::17 192.0.2.1");
    }
    CHECK(lab.servers[0].asked.size() == 2);
    co_await sleep(299s);
    co_await resolve_one(resolver, "www.example.org");
    CHECK(lab.servers[0].asked.size() == 2);
    co_await sleep(2s);
    co_await resolve_one(resolver, "www.example.org");
    CHECK(lab.servers[0].asked.size() == 4);
  });
}

TEST_CASE("that there is no such name is an error that names it and the server, and remembered") {
  Lab lab({usual_answer});
  lab.run([&](SimDnsResolver& resolver) -> Task<void> {
    for (int i = 0; i < 3; ++i) {
      const Ending ending = co_await resolve_one(resolver, "missing.example.org");
      CHECK(ending.error == ResolveError::name_not_found);
      CHECK_THAT(ending.what,
                 Catch::Contains("missing.example.org") && Catch::Contains("10.0.0.1:53"));
    }
    CHECK(lab.servers[0].asked.size() == 2);
    co_await sleep(61s);
    co_await resolve_one(resolver, "missing.example.org");
    CHECK(lab.servers[0].asked.size() == 4);
  });
}

TEST_CASE("a name of one family only has those addresses, and one of none has no address") {
  Lab lab({[](const dns::Message& query, bool) {
    Reply reply(query);
    if (reply.question().name == test::dns_name("four.test"))
      reply.address("four.test", "192.0.2.4");
    return reply.authority("test", 60, 60).bytes();
  }});
  lab.run([&](SimDnsResolver& resolver) -> Task<void> {
    const Ending four = co_await resolve_one(resolver, "four.test");
    CHECK(four.what == "192.0.2.4");
    const Ending none = co_await resolve_one(resolver, "none.test");
    CHECK(none.error == ResolveError::no_address);
  });
}

TEST_CASE("who asks for what is being asked for waits for the same answer") {
  Lab lab({usual_answer});
  lab.run([&](SimDnsResolver& resolver) -> Task<void> {
    std::size_t right = 0;
    const auto ask = [&]() -> Task<void> {
      const Ending ending = co_await resolve_one(resolver, "www.example.org");
      if (ending.what == "2001:db8::17 192.0.2.1") ++right;
    };
    const auto many = [&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 20; ++i) tasks.spawn(ask);
      co_return;
    };
    co_await scope(many);
    CHECK(right == 20);
    CHECK(lab.servers[0].asked.size() == 2);
  });
}

TEST_CASE("when the one who asks is cancelled, another of those who wait asks") {
  bool is_silent = true;
  Lab lab({[&](const dns::Message& query, bool by_tcp) {
    return is_silent ? std::vector<std::byte>() : usual_answer(query, by_tcp);
  }});
  lab.run([&](SimDnsResolver& resolver) -> Task<void> {
    Ending second;
    const auto body = [&](Scope& tasks) -> Task<void> {
      const auto first = [&]() -> Task<void> {
        static_cast<void>(co_await try_timeout(resolver.resolve("www.example.org"), 500ms));
      };
      tasks.spawn(first);
      co_await sleep(100ms);
      const auto other = [&]() -> Task<void> {
        second = co_await resolve_one(resolver, "www.example.org");
      };
      tasks.spawn(other);
      co_await sleep(300ms);
      is_silent = false;
    };
    co_await scope(body);
    CHECK(second.what == "2001:db8::17 192.0.2.1");
    CHECK(second.took < 1s);
    CHECK(lab.servers[0].asked.size() == 4);
  });
}

TEST_CASE("a silent server is passed over for the next one, which comes first from then on") {
  Lab lab({silence, usual_answer});
  lab.run([&](SimDnsResolver& resolver) -> Task<void> {
    Ending ending = co_await resolve_one(resolver, "www.example.org");
    CHECK(ending.what == "2001:db8::17 192.0.2.1");
    CHECK(ending.took >= first_patience);
    CHECK(ending.took < 2 * first_patience);
    ending = co_await resolve_one(resolver, "missing.example.org");
    CHECK(ending.error == ResolveError::name_not_found);
    CHECK(ending.took < first_patience);
    CHECK(lab.servers[0].asked.size() == 2);
  });
}

TEST_CASE("a server that refuses is passed over at once, and not asked again") {
  Lab lab({refusal, usual_answer});
  const Ending ending = lab.resolve("www.example.org");
  CHECK(ending.what == "2001:db8::17 192.0.2.1");
  CHECK(ending.took < first_patience);
}

TEST_CASE("where all servers are silent, the error says so in bounded time, and names them") {
  Lab lab({silence, silence});
  const Ending ending = lab.resolve("www.example.org");
  CHECK(ending.error == ResolveError::try_again);
  CHECK(ending.took <= 15s);
  CHECK_THAT(ending.what, Catch::Contains("www.example.org") &&
                              Catch::Contains("10.0.0.1:53 did not answer") &&
                              Catch::Contains("10.0.0.2:53 did not answer"));
  // Three rounds, of both families.
  CHECK(lab.servers[0].asked.size() == 6);
  CHECK(lab.servers[1].asked.size() == 6);
}

TEST_CASE("many silent servers do not make it last longer than a name may take") {
  Lab lab(std::vector<FakeNameServer::Script>(8, silence));
  const Ending ending = lab.resolve("www.example.org");
  CHECK(ending.error == ResolveError::try_again);
  CHECK(ending.took >= resolve_time_max);
  CHECK(ending.took < resolve_time_max + 1s);
  CHECK_THAT(ending.what, Catch::Contains("10.0.0.8:53"));
}

TEST_CASE("where all servers refuse, the error says what each said") {
  Lab lab({refusal, [](const dns::Message& query, bool) {
             return Reply(query).rcode(dns::Rcode::server_failure).bytes();
           }});
  const Ending ending = lab.resolve("www.example.org");
  CHECK(ending.error == ResolveError::server_failed);
  CHECK(ending.took < first_patience);
  CHECK_THAT(ending.what, Catch::Contains("10.0.0.1:53 answered REFUSED") &&
                              Catch::Contains("10.0.0.2:53 answered SERVFAIL"));
}

TEST_CASE("without a server, the error says what is missing") {
  Lab lab({});
  const Ending ending = lab.resolve("www.example.org");
  CHECK(ending.error == ResolveError::try_again);
  CHECK_THAT(ending.what, Catch::Contains("no name server is known"));
}

TEST_CASE("one family that is never answered holds up the other only for a while") {
  Lab lab({[](const dns::Message& query, bool by_tcp) {
    if (query.question()->type == dns::Type::aaaa) return std::vector<std::byte>();
    return usual_answer(query, by_tcp);
  }});
  const Ending ending = lab.resolve("www.example.org");
  CHECK(ending.what == "192.0.2.1");
  CHECK(ending.took >= other_family_patience);
  CHECK(ending.took < other_family_patience + 1s);
}

TEST_CASE("an answer that does not fit into a datagram is fetched over TCP") {
  Lab lab({[](const dns::Message& query, bool by_tcp) {
    Reply reply(query, by_tcp ? 4000 : 512);
    for (int i = 0; i < 50; ++i) {
      reply.address("big.test", "192.0.2." + std::to_string(i));
      reply.address("big.test", "2001:db8::" + std::to_string(i));
    }
    return reply.bytes();
  }});
  const Ending ending = lab.resolve("big.test");
  CHECK(std::ranges::count(ending.what, ' ') == 99);
  CHECK(lab.servers[0].count("big.test. A tcp") == 1);
  CHECK(lab.servers[0].count("big.test. AAAA tcp") == 1);
}

TEST_CASE("an answer larger than was asked for is fetched over TCP") {
  Lab lab({[](const dns::Message& query, bool) {
    Reply reply(query, 4000);
    for (int i = 0; i < 100; ++i) {
      reply.address("big.test", "192.0.2." + std::to_string(i));
      reply.address("big.test", "2001:db8::" + std::to_string(i));
    }
    return reply.bytes();
  }});
  const Ending ending = lab.resolve("big.test");
  CHECK(std::ranges::count(ending.what, ' ') == 2 * addresses_max - 1);
}

TEST_CASE("a server that closes its TCP connection without an answer has not answered") {
  Lab lab({[](const dns::Message& query, bool by_tcp) {
    Reply reply(query);
    reply.header().truncated = true;
    return by_tcp ? std::vector<std::byte>() : reply.bytes();
  }});
  const Ending ending = lab.resolve("www.example.org");
  CHECK(ending.error == ResolveError::try_again);
  CHECK_THAT(ending.what, Catch::Contains("over TCP"));
}

TEST_CASE("a server that hangs over TCP is given up in bounded time") {
  Lab lab({[](const dns::Message& query, bool) {
    Reply reply(query);
    reply.header().truncated = true;
    return reply.bytes();
  }});
  lab.servers[0].hangs_by_tcp = true;
  const Ending ending = lab.resolve("www.example.org");
  CHECK(ending.error == ResolveError::try_again);
  CHECK(ending.took >= tcp_patience);
  CHECK(ending.took <= resolve_time_max);
}

TEST_CASE("a malformed answer, and another's over TCP, are passed over for the next server") {
  Lab lab({[](const dns::Message& query, bool by_tcp) {
             std::vector<std::byte> bytes = usual_answer(query, by_tcp);
             bytes.push_back(std::byte{0});
             return bytes;
           },
           [](const dns::Message& query, bool by_tcp) {
             Reply reply(query);
             reply.header().truncated = !by_tcp;
             if (by_tcp) reply.header().id = static_cast<std::uint16_t>(reply.header().id + 1);
             return reply.bytes();
           },
           usual_answer});
  const Ending ending = lab.resolve("www.example.org");
  CHECK(ending.what == "2001:db8::17 192.0.2.1");
  CHECK(ending.took < first_patience);
  CHECK(lab.servers[1].count("www.example.org. A tcp") == 1);
}

TEST_CASE("a server that does not understand EDNS is asked without it, and remembered as such") {
  for (const auto code : {dns::Rcode::format_error, dns::Rcode::not_implemented}) {
    Lab lab({[&](const dns::Message& query, bool by_tcp) {
      if (query.edns()) return Reply(query).rcode(code).bytes();
      return usual_answer(query, by_tcp);
    }});
    lab.run([&](SimDnsResolver& resolver) -> Task<void> {
      const Ending ending = co_await resolve_one(resolver, "www.example.org");
      CHECK(ending.what == "2001:db8::17 192.0.2.1");
      CHECK(lab.servers[0].asked.size() == 4);
      co_await resolve_one(resolver, "missing.example.org");
      CHECK(lab.servers[0].count("missing.example.org. A plain") == 1);
      CHECK(lab.servers[0].count("missing.example.org. A") == 0);
    });
  }
}

TEST_CASE("aliases are followed over several questions, and not for ever") {
  Lab lab({[](const dns::Message& query, bool) {
    Reply reply(query);
    const std::string name = reply.question().name.to_string();
    if (name == "a.test.") reply.alias("a.test", "b.test", 10);
    if (name == "b.test.") reply.alias("b.test", "c.test", 20);
    if (name == "c.test.") reply.address("c.test", "192.0.2.3").address("c.test", "2001:db8::3");
    if (name.starts_with("x")) reply.alias(name, "x" + name);
    return reply.bytes();
  }});
  lab.run([&](SimDnsResolver& resolver) -> Task<void> {
    Ending ending = co_await resolve_one(resolver, "a.test");
    CHECK(ending.what == "2001:db8::3 192.0.2.3");
    const std::size_t asked = lab.servers[0].asked.size();
    CHECK(asked == 6);
    co_await sleep(9s);
    co_await resolve_one(resolver, "a.test");
    CHECK(lab.servers[0].asked.size() == asked);
    co_await sleep(2s);  // the first alias may be kept for ten seconds
    co_await resolve_one(resolver, "a.test");
    CHECK(lab.servers[0].asked.size() > asked);
    ending = co_await resolve_one(resolver, "x.test");
    CHECK(ending.error == ResolveError::server_failed);
  });
}

TEST_CASE("addresses in numbers, localhost and invalid names are no question for a server") {
  Lab lab({usual_answer});
  lab.run([&](SimDnsResolver& resolver) -> Task<void> {
    Ending ending = co_await resolve_one(resolver, "192.0.2.7");
    CHECK(ending.what == "192.0.2.7");
    ending = co_await resolve_one(resolver, "2001:db8::7");
    CHECK(ending.what == "2001:db8::7");
    for (const char* name : {"localhost", "LocalHost.", "a.localhost"}) {
      ending = co_await resolve_one(resolver, name);
      CHECK_THAT(ending.what, Catch::Contains("127.0.0.1") && Catch::Contains("::1"));
    }
    ending = co_await resolve_one(resolver, "www.invalid");
    CHECK(ending.error == ResolveError::name_not_found);
    CHECK(lab.servers[0].asked.empty());
  });
}

TEST_CASE("a name in mixed spelling must be repeated as it was asked for") {
  Lab lab({usual_answer, [](const dns::Message& query, bool by_tcp) {
             // Repeats the question in small letters.
             std::vector<std::byte> bytes = usual_answer(query, by_tcp);
             for (std::size_t i = 12; i < 12 + 16; ++i) {
               bytes[i] = static_cast<std::byte>(
                   dns::small_letter(std::to_integer<std::uint8_t>(bytes[i])));
             }
             return bytes;
           }});
  lab.options.spelling = Spelling::exact;
  lab.run([&](SimDnsResolver& resolver) -> Task<void> {
    const Ending ending = co_await resolve_one(resolver, "www.example.org");
    CHECK(ending.what == "2001:db8::17 192.0.2.1");
    CHECK(lab.servers[0].count("www.example.org. A") == 0);  // with many letters, never by chance
    SimStack stack(*lab.client);
    SimRandom random(*lab.client);
    SimDnsResolver careful(stack, random, {lab.endpoints[1]}, lab.options);
    const Ending refused = co_await resolve_one(careful, "www.example.org");
    CHECK(refused.error == ResolveError::try_again);
  });
}

TEST_CASE("answers with a wrong number are not believed") {
  Lab lab({[](const dns::Message& query, bool) {
    Reply reply(query);
    reply.address("www.example.org", "192.0.2.66").address("www.example.org", "2001:db8::66");
    reply.header().id = static_cast<std::uint16_t>(reply.header().id + 1);
    return reply.bytes();
  }});
  const Ending ending = lab.resolve("www.example.org");
  CHECK(ending.error == ResolveError::try_again);
}

TEST_CASE("answers from another port than was asked are not believed") {
  World world(1, FaultPlan());
  Host& host = world.add_host("ns");
  Host& client = world.add_host("client", World::ClockKind::exact);
  FakeNameServer server(usual_answer);
  const auto answer_from_elsewhere = [&]() -> Task<void> {
    SimStack stack(host);
    auto asked = stack.datagrams(host.endpoint(dns_port));
    auto other = stack.datagrams(host.endpoint(dns_port + 1));
    std::array<std::byte, 512> query;
    for (;;) {
      const auto received = co_await asked.receive(query);
      const auto reply = server.answer(Bytes(query).first(received.size), false);
      co_await other.send(reply, received.peer);
    }
  };
  host.start([&] { return answer_from_elsewhere(); }, Host::Duty::serve);
  Ending ending;
  client.start([&]() -> Task<void> {
    SimStack stack(client);
    SimRandom random(client);
    SimDnsResolver resolver(stack, random, {host.endpoint(dns_port)});
    co_await sleep(1ms);
    ending = co_await resolve_one(resolver, "www.example.org");
  });
  world.run();
  CHECK(ending.error == ResolveError::try_again);
  CHECK(server.asked.size() == 2 * rounds_max);
}

TEST_CASE("where somebody guesses answers all the time, the question goes by TCP") {
  World world(1, FaultPlan());
  Host& host = world.add_host("ns");
  Host& client = world.add_host("client", World::ClockKind::exact);
  FakeNameServer server(usual_answer);
  std::size_t guesses = 0;
  // By UDP only guesses come back; the right answer is to be had by TCP.
  const auto guess = [&]() -> Task<void> {
    SimStack stack(host);
    auto socket = stack.datagrams(host.endpoint(dns_port));
    std::array<std::byte, 512> query;
    for (;;) {
      const auto received = co_await socket.receive(query);
      for (unsigned i = 0; i < wrong_answers_max; ++i, ++guesses) {
        query[0] ^= std::byte{0x5a};
        query[1] ^= std::byte{static_cast<unsigned char>(i + 1)};
        query[2] |= std::byte{0x80};
        co_await socket.send(Bytes(query).first(received.size), received.peer);
      }
    }
  };
  const auto answer = [&]() -> Task<void> {
    SimStack stack(host);
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(guess);
      auto listener = stack.listen(host.endpoint(dns_port));
      for (;;) {
        auto flow = co_await listener.accept();
        tasks.spawn(test::serve_dns_connection(std::move(flow), server));
      }
    };
    co_await scope(body);
  };
  host.start([&] { return answer(); }, Host::Duty::serve);
  Ending ending;
  client.start([&]() -> Task<void> {
    SimStack stack(client);
    SimRandom random(client);
    SimDnsResolver resolver(stack, random, {host.endpoint(dns_port)});
    co_await sleep(1ms);
    ending = co_await resolve_one(resolver, "www.example.org");
  });
  world.run();
  CHECK(ending.what == "2001:db8::17 192.0.2.1");
  CHECK(ending.took < first_patience);
  CHECK(server.count("www.example.org. A tcp") == 1);
  CHECK(guesses >= 2 * wrong_answers_max);
}

TEST_CASE("with three of ten datagrams lost, names are resolved or given up in bounded time") {
  std::size_t resolved = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    FaultPlan faults;
    faults.set(Fault::datagram_loss, 300'000);
    faults.set(Fault::datagram_twice, 100'000);
    faults.set(Fault::datagram_late, 100'000);
    Lab lab({usual_answer, usual_answer}, faults);
    const Ending ending = lab.resolve("www.example.org");
    CHECK(ending.took <= resolve_time_max);
    if (!ending.error) ++resolved;
  }
  CHECK(resolved >= 19);
}

TEST_CASE("a resolver that is cancelled leaves nothing behind") {
  Lab lab({silence});
  lab.run([&](SimDnsResolver& resolver) -> Task<void> {
    const auto addresses = co_await try_timeout(resolver.resolve("www.example.org"), 700ms);
    CHECK_FALSE(addresses);
    CHECK(lab.client->open_descriptor_count() == 0);
  });
}

TEST_CASE("a resolver may be gone while it resolves") {
  Lab lab({usual_answer});
  lab.run([&](SimDnsResolver& resolver) -> Task<void> {
    Task<std::vector<IpAddress>> task =
        SimDnsResolver(std::move(resolver)).resolve("www.example.org");
    const auto addresses = co_await std::move(task);
    CHECK(addresses.size() == 2);
  });
}
