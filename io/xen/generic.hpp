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

#include "sundog/io/block.hpp"
#include "sundog/io/console_log_file.hpp"
#include "sundog/io/datagram.hpp"
#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/mutable_key_value.hpp"
#include "sundog/io/prefix.hpp"
#include "sundog/io/xen/random.hpp"
#include "sundog/io/xen/wall_clock.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

namespace xen::detail {

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
    std::uint64_t size() const;
    std::optional<Bytes> resident() const;
    Task<std::size_t> read(std::uint64_t offset, MutableBytes buffer) const;
    const Digest& digest() const;
    std::int64_t last_modified_s() const;
  };
  static Task<MissingFolder> connect(std::string) {
    static_assert(is_there<User>,
                  "there are no folders on Xen yet: compile the files into the program "
                  "(io/embedded_files.hpp), or build it with --unix");
  }
  Task<std::optional<Entry>> get(std::string_view key);
};

template <class User>
class MissingMutableFolder {
 public:
  using Entry = MissingFolder<User>::Entry;
  class Writer {
   public:
    Task<void> write(Bytes bytes);
    Task<void> commit();
  };
  static Task<MissingMutableFolder> connect(std::string) {
    static_assert(is_there<User>,
                  "there are no folders on Xen yet: keep what need not last in memory "
                  "(io/memory/key_value.hpp), or build the service with --unix");
  }
  Task<std::optional<Entry>> get(std::string_view key);
  Task<void> set(std::string_view key, Bytes contents);
  Task<Writer> writer(std::string_view key);
  Task<void> set_part(std::string_view key, std::uint64_t offset, Bytes bytes);
  Task<bool> remove(std::string_view key);
  Task<void> rename(std::string_view from, std::string_view to);
  Task<std::vector<std::string>> list(std::string_view prefix, std::string_view after,
                                      std::size_t count);
};

template <class User>
class MissingPartFile {
 public:
  static Task<MissingPartFile> open(std::string) {
    static_assert(is_there<User>,
                  "there are no files on Xen yet: a service that writes one is built with --unix");
  }
  std::uint64_t size() const;
  const std::string& version() const;
  Task<void> begin(std::string version);
  Task<void> append(Bytes bytes);
  Task<void> finish();
};

template <class User>
class MissingDisk {
 public:
  static Task<MissingDisk> connect(std::string) {
    static_assert(
        is_there<User>,
        "there are no disks on Xen yet: use one in memory (io/memory/block.hpp), or build "
        "the service with --unix");
  }
  BlockGeometry geometry() const noexcept;
  Task<void> read(std::uint64_t sector, MutableBytes buffer);
  Task<void> read(std::uint64_t sector, std::span<const MutableBytes> buffers);
  Task<void> write(std::uint64_t sector, Bytes bytes);
  Task<void> write(std::uint64_t sector, std::span<const Bytes> parts);
  Task<void> flush();
  Task<void> discard(std::uint64_t sector, std::uint64_t count);
};

}  // namespace xen::detail

// See io/generic.hpp.
using GenericStack = xen::detail::MissingStack<void>;
using GenericResolver = xen::detail::MissingResolver;
using GenericFolder = xen::detail::MissingFolder<void>;
using GenericMutableFolder = xen::detail::MissingMutableFolder<void>;
using GenericLogFile = ConsoleLogFile;
using GenericPartFile = xen::detail::MissingPartFile<void>;
using GenericDisk = xen::detail::MissingDisk<void>;
using GenericRandom = XenRandom;
using GenericWallClock = XenWallClock;

}  // namespace sundog
