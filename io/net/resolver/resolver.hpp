// DnsResolver: a Resolver that asks name servers, over any Stack: the host's sockets, the
// simulator's, or Sundog's own TCP/IP.
//
//   DnsResolver resolver(stack, random, {Endpoint::parse("192.0.2.53:53")});
//   const auto addresses = co_await resolver.resolve("example.org");
//
// It is a stub: the servers are to do the work (they recurse). Both families are asked for at the
// same time; a lost question is asked again, of the next server, waiting longer each time; an
// answer that does not fit into a datagram is fetched over TCP. Answers are remembered as long as
// their servers allow, "there is no such" too. Names are taken as they are: nothing is appended,
// and no file of hosts is looked into. "localhost" is this machine, whatever servers say.
//
// An answer is believed if it comes from the address and port that was asked, to the port that
// asked, with the question's number and the question; records that do not belong to the question
// are passed over (RFC 5452). Signatures are not checked.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/resolver/questions.hpp"
#include "sundog/io/net/resolver/transport.hpp"
#include "sundog/io/random.hpp"
#include "sundog/io/resolver.hpp"
#include "sundog/io/stack.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::net {

// All addresses of a name, of both families, in the order in which to try them. `questions` and
// `transport` must outlive the task. Throws as Resolver says.
Task<std::vector<IpAddress>> resolve_name(Questions& questions, QuestionTransport& transport,
                                          std::string name);

// Move-only, as what it remembers is its own.
template <Stack S, Random R>
class DnsResolver {
 public:
  // The stack and the random device must outlive the resolver and its tasks. Without servers, all
  // questions fail with try_again. Throws std::bad_alloc.
  DnsResolver(S& stack, R& random, const std::vector<Endpoint>& servers,
              const ResolverOptions& options = ResolverOptions())
      : parts_(std::make_shared<Parts>(stack, random, servers, options)) {}

  // See Resolver. The resolver itself need not outlive the task.
  Task<std::vector<IpAddress>> resolve(std::string name) {
    return resolve_with(parts_, std::move(name));
  }

 private:
  // Its parts know each other's places.
  struct Parts {
    Parts(S& stack, R& device, const std::vector<Endpoint>& servers, const ResolverOptions& options)
        : random(device),
          transport(stack, random),
          questions(transport, random, servers, options) {}

    RandomFrom<R> random;
    TransportOver<S> transport;
    Questions questions;
  };

  static Task<std::vector<IpAddress>> resolve_with(std::shared_ptr<Parts> parts, std::string name) {
    co_return co_await resolve_name(parts->questions, parts->transport, std::move(name));
  }

  std::shared_ptr<Parts> parts_;
};

}  // namespace sundog::net
