// Xenstore: the small tree of names and values through which the toolstack, the backends and this
// domain arrange everything.
//
//   Store& store = Store::instance();
//   const std::string name = co_await store.read("name");  // below /local/domain/<this domain>
//   co_await store.transact([](StoreTransaction& transaction) -> Task<void> {
//     co_await transaction.write("data/a", "1");
//     co_await transaction.write("data/b", "2");
//   });  // both or neither; the body runs again if somebody else came between
//   StoreWatch watch("device");
//   for (;;) { const std::string path = co_await watch.next(); ... }
//
// Paths that do not begin with a slash are relative to the domain's own folder. Paths are bytes
// without NUL, values any bytes.
//
// Errors are std::system_error with the store's errno: ENOENT, EACCES, ...; a request of more than
// 4096 bytes is a std::length_error. Requests may overlap; each is matched to its reply by number.
// A cancelled request is forgotten: if it was sent, the store may still carry it out. If the store
// breaks the protocol, every request and watch ends with StoreBroken, now and later; the program
// goes on without it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sundog/io/xen/event_count.hpp"
#include "sundog/io/xen/store/store_link.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::xen {

class StoreTransaction;
class StoreWatch;

class Store {
 public:
  // The domain's one connection, opened by the first call.
  static Store& instance();

  // A value; the names below a path, in no order; a new value, where the path and all above it are
  // made if need be. remove() takes with it what is below.
  Task<std::string> read(std::string path) { return read_in(0, std::move(path)); }
  Task<std::vector<std::string>> list(std::string path) { return list_in(0, std::move(path)); }
  Task<void> write(std::string path, std::string value) {
    return write_in(0, std::move(path), std::move(value));
  }
  Task<void> make_directory(std::string path) { return change_in(0, XS_MKDIR, std::move(path)); }
  Task<void> remove(std::string path) { return change_in(0, XS_RM, std::move(path)); }

  // Runs `body` in a transaction and commits it. When somebody else changed what it read or wrote,
  // the store refuses the commit, and the body runs again from the start, so it must have no other
  // effects. A body that throws aborts the transaction.
  template <class Body>
  Task<void> transact(Body body);

 private:
  friend class StoreTransaction;

  // A request without its reply yet. Lives in the frame that waits.
  struct Pending final : StoreClient {
    explicit Pending(StoreLink& store_link) : StoreClient(store_link), link(store_link) {}
    ~Pending();
    void answered(StoreMessage& message) override;
    void changed(std::string) override {}
    void lost() override { done.advance(); }

    StoreLink& link;
    StoreMessage reply;
    EventCount done{"xenstore reply"};
  };

  Store() : link_(StoreLink::instance()) {}

  Task<std::string> request(std::uint32_t transaction, std::uint32_t type, std::string payload);
  Task<std::string> read_in(std::uint32_t transaction, std::string path);
  Task<std::vector<std::string>> list_in(std::uint32_t transaction, std::string path);
  Task<void> write_in(std::uint32_t transaction, std::string path, std::string value);
  Task<void> change_in(std::uint32_t transaction, std::uint32_t type, std::string path);
  Task<bool> commit(std::uint32_t transaction);

  StoreLink& link_;
};

// Reads and writes that take effect together. Made by Store::transact.
class StoreTransaction {
 public:
  StoreTransaction(Store& store, std::uint32_t number) noexcept : store_(store), number_(number) {}
  ~StoreTransaction();  // aborts what was not committed
  StoreTransaction(const StoreTransaction&) = delete;
  StoreTransaction& operator=(const StoreTransaction&) = delete;

  // As in Store, with what this transaction wrote before.
  Task<std::string> read(std::string path) { return store_.read_in(number_, std::move(path)); }
  Task<std::vector<std::string>> list(std::string path) {
    return store_.list_in(number_, std::move(path));
  }
  Task<void> write(std::string path, std::string value) {
    return store_.write_in(number_, std::move(path), std::move(value));
  }
  Task<void> remove(std::string path) { return store_.change_in(number_, XS_RM, std::move(path)); }

 private:
  friend class Store;
  Store& store_;
  std::uint32_t number_;
  bool ended_ = false;
};

// Tells of changes at a path and below it. The first event comes at once, so that a reader which
// looks at the value after each event misses nothing. Changes of one path that nobody has fetched
// yet melt into one event.
class StoreWatch final : StoreClient {
 public:
  // `background`: see EventCount::Kind.
  explicit StoreWatch(std::string path, EventCount::Kind kind = EventCount::Kind::foreground);
  ~StoreWatch();
  StoreWatch(const StoreWatch&) = delete;
  StoreWatch& operator=(const StoreWatch&) = delete;

  // Waits for a change and gives the path that changed. One caller at a time. std::system_error if
  // the store refused the watch.
  Task<std::string> next();

 private:
  void answered(StoreMessage& reply) override;
  void changed(std::string path) override;
  void lost() override { events_.advance(); }

  StoreLink& link_;
  std::string path_;
  int error_ = 0;  // of the request for the watch
  std::deque<std::string> changed_;
  EventCount events_;
};

template <class Body>
Task<void> Store::transact(Body body) {
  for (;;) {
    const std::string number = co_await request(0, XS_TRANSACTION_START, std::string(1, '\0'));
    StoreTransaction transaction(*this, transaction_number(number));
    co_await body(transaction);
    transaction.ended_ = true;
    const bool committed = co_await commit(transaction.number_);
    if (committed) co_return;
  }
}

}  // namespace sundog::xen
