#include "sundog/io/net/resolver/questions.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <utility>

#include "sundog/io/resolver.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/join_text.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::net {
namespace {

// This machine's own troubles, which another server would not change.
bool is_own_trouble(std::error_code error) noexcept {
  return error == std::errc::too_many_files_open || error == std::errc::not_enough_memory ||
         error == std::errc::too_many_files_open_in_system || error == std::errc::no_buffer_space;
}

dns::Question mix_case(dns::Question question, RandomSource& random) noexcept {
  std::array<std::uint8_t, 32> capitals;
  random.fill(std::as_writable_bytes(std::span(capitals)));
  question.name.mix_case(capitals);
  return question;
}

// What a response says, and that for people.
void read_response(Bytes bytes, const dns::Question& question, Answer& answer, std::string& what) {
  const auto message = dns::Message::parse(bytes);
  if (!message) {
    what = SUNDOG_PROBED("gave a malformed answer");
    return;
  }
  answer = read_answer(*message, question);
  what = "answered " + dns::to_string(message->rcode());
  if (answer.kind == Answer::Kind::malformed) what += ", with aliases that do not end";
  if (!message->edns()) return;
  const auto option = message->edns()->option(dns::OptionCode::extended_error);
  const auto error = option ? dns::ExtendedError::parse(*option) : std::nullopt;
  if (error) {
    append_text(what, {" (", error->meaning(), ", extended error ", Decimal(error->code), ")"});
  }
}

// Each server's last word.
std::string tell(const NameServers& servers, const std::vector<std::string>& last_words) {
  std::string story;
  for (const std::string& words : last_words) {
    if (words.empty()) continue;
    if (!story.empty()) story += ", ";
    story += words;
  }
  return story.empty() ? servers.to_string() : story;
}

}  // namespace

// While it lives, its flight is being asked about. Ended without an outcome, by a cancellation or
// an exception, it leaves the question to one of those who wait.
class Questions::Lead {
 public:
  Lead(Questions& questions, Flight& flight) noexcept : questions_(questions), flight_(flight) {
    flight_.has_leader = true;
  }
  ~Lead() {
    flight_.has_leader = false;
    if (!flight_.outcome) SUNDOG_PROBE("who asked a name server was stopped");
    // With an outcome it is over; without anybody who waits, nobody will go on.
    if (flight_.outcome || flight_.news.waiter_count() == 0) {
      std::erase_if(questions_.flights_, [&](const auto& one) { return one.get() == &flight_; });
    }
    flight_.news.broadcast();
  }
  Lead(const Lead&) = delete;
  Lead& operator=(const Lead&) = delete;

 private:
  Questions& questions_;
  Flight& flight_;
};

Task<Outcome> Questions::ask(dns::Name name, dns::Type type) {
  if (const Answer* known = cache_.find(name, type, now())) {
    Outcome outcome;
    outcome.answer = *known;
    outcome.story = "as was answered before by one of " + servers_.to_string();
    co_return outcome;
  }
  // Kept by each who is on it.
  const std::shared_ptr<Flight> flight = flight_for(name, type);
  for (;;) {
    if (flight->outcome) co_return *flight->outcome;
    if (!flight->has_leader) {
      const Lead lead(*this, *flight);
      flight->outcome = co_await follow(name, type);
      co_return *flight->outcome;
    }
    co_await flight->news.wait();
  }
}

std::shared_ptr<Questions::Flight> Questions::flight_for(const dns::Name& name, dns::Type type) {
  for (const auto& flight : flights_) {
    if (flight->type == type && flight->name == name) return flight;
  }
  return flights_.emplace_back(std::make_shared<Flight>(name, type));
}

void Questions::remember(const dns::Name& name, dns::Type type, const Outcome& outcome) {
  if (outcome.error) return;
  try {
    cache_.put(name, type, outcome.answer, now());
  } catch (const std::bad_alloc&) {
    // It is asked for again, when there is memory.
  }
}

// Asks for the name, and for those that it is an alias of.
Task<Outcome> Questions::follow(dns::Name name, dns::Type type) {
  dns::Question question{name, type, dns::Class::internet};
  std::uint32_t ttl_s = answer_ttl_s_max;
  std::size_t aliases = 0;
  for (;;) {
    Outcome outcome = co_await ask_servers(question);
    ttl_s = std::min(ttl_s, outcome.answer.ttl_s);
    aliases += outcome.answer.alias_count;
    if (outcome.error || outcome.answer.kind != Answer::Kind::alias) {
      outcome.answer.ttl_s = ttl_s;
      remember(name, type, outcome);
      co_return outcome;
    }
    if (aliases > aliases_max) {
      SUNDOG_PROBE("a name led to more aliases than are followed");
      outcome.error = ResolveError::server_failed;
      outcome.story += ", with aliases that do not end";
      co_return outcome;
    }
    question.name = outcome.answer.alias;
  }
}

Task<Outcome> Questions::ask_servers(dns::Question question) {
  Outcome outcome;
  std::vector<std::string> last_words(servers_.count());
  std::vector<bool> has_refused(servers_.count());
  // In this question's order, whatever others find out meanwhile.
  std::vector<NameServers::Server*> order;
  for (std::size_t n = 0; n < servers_.count(); ++n) order.push_back(&servers_.in_turn(n));
  std::error_code own_trouble;
  Duration patience = first_patience;
  for (unsigned round = 0; round < rounds_max; ++round, patience *= 2) {
    for (std::size_t n = 0; n < order.size(); ++n) {
      if (has_refused[n]) continue;
      NameServers::Server& server = *order[n];
      Attempt attempt = co_await ask_server(server, question, patience);
      last_words[n] = server.endpoint.to_string() + " " + attempt.what;
      if (is_own_trouble(attempt.error)) own_trouble = attempt.error;
      if (attempt.error) continue;
      if (attempt.answer.is_final() || attempt.answer.kind == Answer::Kind::alias) {
        servers_.prefer(server);
        outcome.answer = std::move(attempt.answer);
        outcome.story = last_words[n];
        co_return outcome;
      }
      has_refused[n] = true;
    }
  }
  const bool nobody_left = std::ranges::count(has_refused, false) == 0 && !order.empty();
  outcome.error = nobody_left ? ResolveError::server_failed : ResolveError::try_again;
  if (own_trouble) outcome.error = own_trouble;
  outcome.story = tell(servers_, last_words);
  co_return outcome;
}

// A server that does not take the query's OPT record is asked once more without it.
Task<Questions::Attempt> Questions::ask_server(NameServers::Server& server, dns::Question question,
                                               Duration patience) {
  const dns::Question asked = spelling_ == Spelling::exact ? mix_case(question, random_) : question;
  const bool with_edns = server.takes_edns;
  const Query query(random_.number<std::uint16_t>(), asked, with_edns, spelling_);
  Attempt attempt = co_await exchange(server.endpoint, query, patience);
  if (attempt.error || attempt.answer.kind != Answer::Kind::edns_not_taken || !with_edns) {
    co_return attempt;
  }
  SUNDOG_PROBE("a name server did not take an OPT record");
  const Query plain(random_.number<std::uint16_t>(), asked, false, spelling_);
  attempt = co_await exchange(server.endpoint, plain, patience);
  if (!attempt.error && attempt.answer.kind != Answer::Kind::edns_not_taken) {
    server.takes_edns = false;
  }
  co_return attempt;
}

Task<Questions::Attempt> Questions::exchange(const Endpoint& server, const Query& query,
                                             Duration patience) {
  Attempt attempt;
  std::array<std::byte, dns::usual_udp_bytes_max> reply;
  std::optional<std::size_t> size;
  try {
    const auto in_time = co_await try_timeout(transport_.by_udp(server, query, reply), patience);
    if (!in_time) {
      attempt.error = ResolveError::try_again;
      attempt.what = "did not answer";
      co_return attempt;
    }
    size = *in_time;
  } catch (const std::system_error& error) {
    attempt.error = error.code();
    attempt.what = "could not be asked (" + error.code().message() + ")";
    co_return attempt;
  }
  const bool is_whole = size && !dns::Header::parse(Bytes(reply).first(*size))->truncated;
  if (!is_whole) {
    SUNDOG_PROBE("an answer of DNS did not fit into a datagram");
    co_return co_await exchange_by_tcp(server, query);
  }
  read_response(Bytes(reply).first(*size), query.question(), attempt.answer, attempt.what);
  co_return attempt;
}

Task<Questions::Attempt> Questions::exchange_by_tcp(const Endpoint& server, const Query& query) {
  Attempt attempt;
  try {
    const auto answer = co_await try_timeout(transport_.by_tcp(server, query), tcp_patience);
    if (!answer) {
      attempt.error = ResolveError::try_again;
      attempt.what = SUNDOG_PROBED("did not answer over TCP");
    } else if (!query.is_answered_by(*answer)) {
      attempt.what = SUNDOG_PROBED("answered something else over TCP");
    } else {
      read_response(*answer, query.question(), attempt.answer, attempt.what);
      attempt.what += " over TCP";
    }
  } catch (const std::system_error& error) {
    SUNDOG_PROBE("a name server could not be asked over TCP");
    attempt.error = error.code();
    attempt.what = "could not be asked over TCP (" + error.code().message() + ")";
  }
  co_return attempt;
}

}  // namespace sundog::net
