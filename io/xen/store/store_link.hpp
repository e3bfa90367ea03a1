// The domain's connection to xenstore, below any task: requests go out, and what comes back finds
// its client by number. Tasks use store.hpp, which stands on this; the lifecycle (lifecycle.cpp)
// does without tasks, so that a program which never asks the store is not linked with the rest.
//
// The ring is always read, so that watch events never hold up replies.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "sundog/io/xen/events.hpp"
#include "sundog/io/xen/store/store_wire.hpp"
#include "sundog/runtime/language/list.hpp"

namespace sundog::xen {

class StoreLink;

// Thrown in a domain that was made without xenstore.
class StoreMissing : public std::exception {
 public:
  const char* what() const noexcept override { return "this domain has no xenstore"; }
};

// Somebody who expects answers, as long as it lives: to its number, or to watches whose token is
// that number in decimal. Called from the poller, out of any task.
class StoreClient : private ListLink {
 public:
  explicit StoreClient(StoreLink& link);
  StoreClient(const StoreClient&) = delete;
  StoreClient& operator=(const StoreClient&) = delete;

  // For the requests that it sends.
  std::uint32_t number() const noexcept { return number_; }

 protected:
  ~StoreClient();

  // A reply, or an XS_ERROR in its place.
  virtual void answered(StoreMessage& reply) = 0;
  // A watch has seen a change at `path`.
  virtual void changed(std::string path) = 0;
  // The store has broken the protocol: nothing comes any more.
  virtual void lost() = 0;

 private:
  friend class StoreLink;
  friend class List<StoreClient>;
  StoreLink& link_;
  std::uint32_t number_;
};

// The ring that is shared with xenstore, and who expects what from it.
class StoreLink {
 public:
  // The one connection, opened by the first call. StoreMissing in a domain that has no store.
  static StoreLink& instance();

  // Finds the ring and listens to it. Done by the first instance(), and to be done again after a
  // resume: what was sent and not answered is then lost, and the ring may be another.
  void open();

  // `number` is a client's, or 0 for a request whose answer nobody wants. std::length_error
  // for one that is too long. What is sent over a broken connection is lost.
  void send(std::uint32_t type, std::uint32_t number, std::uint32_t transaction,
            std::string payload);
  // Nobody takes this answer: a transaction that was begun for somebody who has left is given back.
  void decline(const StoreMessage& answer) noexcept;
  // The store has broken the protocol: logs it, tells every client, and leaves the ring alone from
  // now on.
  void give_up(const StoreBroken& error);
  bool broken() const noexcept { return broken_; }
  // Asks for, or gives up, a watch on `path` for the client with that number.
  void watch(std::uint32_t type, std::uint32_t number, std::string path);

 private:
  friend class StoreClient;

  StoreLink() { open(); }

  void serve();
  void exchange();
  void move_out();
  void take(StoreMessage message);
  StoreClient* find(std::uint64_t number) noexcept;

  volatile xenstore_domain_interface* page_ = nullptr;
  Port port_ = 0;
  std::string outgoing_;
  StoreReader incoming_;
  std::uint32_t last_number_ = 0;
  List<StoreClient> clients_;
  bool broken_ = false;
};

// Names and tokens end in NUL on the wire.
std::string terminated(std::string_view text);

}  // namespace sundog::xen
