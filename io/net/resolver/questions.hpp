// Questions: the answer to one question, about one name and one family, asked of one server after
// the other until one of them gives it.
//
// A question that is under way already is not sent again: both wait for the same answer. Answers
// are remembered.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "sundog/io/dns/name.hpp"
#include "sundog/io/dns/type.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/resolver/answer.hpp"
#include "sundog/io/net/resolver/answer_cache.hpp"
#include "sundog/io/net/resolver/name_servers.hpp"
#include "sundog/io/net/resolver/query.hpp"
#include "sundog/io/net/resolver/transport.hpp"
#include "sundog/runtime/condition.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::net {

// What came of a question: an answer that is final, or an error; and for people, what each server
// did: "192.0.2.1:53 did not answer, [2001:db8::1]:53 refused".
struct Outcome {
  Answer answer;
  std::error_code error;
  std::string story;
};

struct ResolverOptions {
  ResolverOptions() = default;  // not an aggregate: it travels through coroutines by value

  std::size_t cache_entries_max = net::cache_entries_max;
  std::size_t cache_bytes_max = net::cache_bytes_max;
  // Mixes the letters' case in questions, which makes answers harder to make up. Off: some servers
  // do not repeat it.
  Spelling spelling = Spelling::free;
};

class Questions {
 public:
  // Transport and random numbers must outlive it.
  Questions(QuestionTransport& transport, RandomSource& random,
            const std::vector<Endpoint>& servers, const ResolverOptions& options)
      : transport_(transport),
        random_(random),
        spelling_(options.spelling),
        servers_(servers),
        cache_(options.cache_entries_max, options.cache_bytes_max) {}

  // It must outlive the task. Throws std::bad_alloc.
  Task<Outcome> ask(dns::Name name, dns::Type type);

  const NameServers& servers() const noexcept { return servers_; }
  const AnswerCache& cache() const noexcept { return cache_; }

 private:
  // A question that is being asked. The first who wants to know asks, the others wait for it; if
  // the one who asks is cancelled, the next of them begins anew.
  struct Flight {
    Flight(const dns::Name& asked_name, dns::Type asked_type) noexcept
        : name(asked_name), type(asked_type) {}

    dns::Name name;
    dns::Type type;
    bool has_leader = false;
    std::optional<Outcome> outcome;
    Condition<> news;
  };
  class Lead;

  // What one server said, or why it did not.
  struct Attempt {
    Answer answer;
    std::string what;
    std::error_code error;
  };

  std::shared_ptr<Flight> flight_for(const dns::Name& name, dns::Type type);
  void remember(const dns::Name& name, dns::Type type, const Outcome& outcome);
  Task<Outcome> follow(dns::Name name, dns::Type type);
  Task<Outcome> ask_servers(dns::Question question);
  Task<Attempt> ask_server(NameServers::Server& server, dns::Question question, Duration patience);
  Task<Attempt> exchange(const Endpoint& server, const Query& query, Duration patience);
  Task<Attempt> exchange_by_tcp(const Endpoint& server, const Query& query);

  QuestionTransport& transport_;
  RandomSource& random_;
  const Spelling spelling_;
  NameServers servers_;
  AnswerCache cache_;
  std::vector<std::shared_ptr<Flight>> flights_;
};

}  // namespace sundog::net
