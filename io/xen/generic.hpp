// The generic devices of Xen: see io/generic.hpp. What is missing here has the members of what it
// stands for, so that a service which names it gets one error: the sentence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/datagram.hpp"
#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/prefix.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

namespace xen {

// False for every type, but only once somebody asks: where a service makes the device. (A class
// whose own assertion fails has no members, of which the compiler then complains too.)
template <class>
inline constexpr bool is_there = false;

template <class User>
class MissingStack {
 public:
  MissingStack() {
    static_assert(is_there<User>,
                  "there is no network stack for Xen yet: a service that uses the network is built "
                  "with --unix");
  }

  using Address = Endpoint;
  class Connection {
   public:
    Task<std::size_t> read(MutableBytes buffer);
    Task<void> write(Bytes bytes);
    Task<void> write(std::span<const Bytes> parts);
    Task<void> shutdown();
    Endpoint local_address() const;
    Endpoint peer_address() const;
  };
  class Listener {
   public:
    Task<Connection> accept();
    Endpoint local_address() const;
  };
  class Datagrams {
   public:
    struct Received {
      std::size_t size;
      Endpoint peer;
      bool truncated;
    };
    Task<Received> receive(MutableBytes buffer);
    Task<void> send(Bytes message, Endpoint peer);
    Endpoint local_address() const;
  };

  Task<Connection> connect(Endpoint endpoint);
  Listener listen(Endpoint endpoint);
  Datagrams datagrams(Endpoint endpoint);
  std::vector<Prefix> addresses() const;
};

// Asks over a stack: without one there is nothing to complain of here too.
class MissingResolver {
 public:
  explicit MissingResolver(MissingStack<void>& stack);
  Task<std::vector<IpAddress>> resolve(std::string name);
};

template <class User>
class MissingFolder {
 public:
  class Entry {
   public:
    Bytes contents() const;
    std::string_view etag() const;
    std::int64_t last_modified_s() const;
  };
  static Task<MissingFolder> connect(std::string) {
    static_assert(is_there<User>,
                  "there are no folders on Xen yet: compile the files into the program "
                  "(io/embedded_files.hpp), or build it with --unix");
  }
  Task<std::optional<Entry>> get(std::string_view key);
};

}  // namespace xen

using GenericStack = xen::MissingStack<void>;
using GenericResolver = xen::MissingResolver;
using GenericFolder = xen::MissingFolder<void>;

}  // namespace sundog
