#include "sundog/io/xen/store/store.hpp"

#include <algorithm>
#include <system_error>

#include "sundog/runtime/language/probe.hpp"

namespace sundog::xen {
namespace {

// Events of a watch that nobody fetches are melted into one for the watched path itself once there
// are this many.
constexpr std::size_t changed_max = 256;

constexpr const char* broken = "xenstore: the connection is broken";

}  // namespace

// One that was asked to end before it could wait leaves only now.
Store::Pending::~Pending() {
  if (reply.type != XS_INVALID) link.decline(reply);
}

void Store::Pending::answered(StoreMessage& message) {
  reply = std::move(message);
  done.advance();
}

Store& Store::instance() {
  static Store store;
  return store;
}

Task<std::string> Store::request(std::uint32_t transaction, std::uint32_t type,
                                 std::string payload) {
  Pending pending(link_);
  link_.send(type, pending.number(), transaction, std::move(payload));
  if (!link_.broken()) co_await pending.done.after(0);
  StoreMessage reply = std::exchange(pending.reply, {});
  if (reply.type == XS_INVALID) throw StoreBroken(broken);
  if (reply.type == XS_ERROR) {
    throw std::system_error(store_error(reply.payload), std::generic_category(), "xenstore");
  }
  if (reply.type != type) {
    SUNDOG_PROBE("the store answered something else than was asked");
    const StoreBroken error("xenstore: a reply's type is not its request's");
    link_.give_up(error);
    throw error;
  }
  co_return std::move(reply.payload);
}

Task<std::string> Store::read_in(std::uint32_t transaction, std::string path) {
  return request(transaction, XS_READ, terminated(std::move(path)));
}

Task<std::vector<std::string>> Store::list_in(std::uint32_t transaction, std::string path) {
  const std::string names =
      co_await request(transaction, XS_DIRECTORY, terminated(std::move(path)));
  std::vector<std::string> list;
  for (std::size_t start = 0; start < names.size();) {
    const std::size_t end = std::min(names.find('\0', start), names.size());
    list.push_back(names.substr(start, end - start));
    start = end + 1;
  }
  co_return list;
}

Task<void> Store::write_in(std::uint32_t transaction, std::string path, std::string value) {
  co_await request(transaction, XS_WRITE, terminated(std::move(path)) + value);
}

Task<void> Store::change_in(std::uint32_t transaction, std::uint32_t type, std::string path) {
  co_await request(transaction, type, terminated(std::move(path)));
}

// False: somebody else came between, and the transaction has had no effect.
Task<bool> Store::commit(std::uint32_t transaction) {
  try {
    co_await request(transaction, XS_TRANSACTION_END, terminated("T"));
    co_return true;
  } catch (const std::system_error& error) {
    if (error.code().value() != EAGAIN) throw;
    SUNDOG_PROBE("somebody came between a transaction");
  }
  co_return false;
}

StoreTransaction::~StoreTransaction() {
  if (ended_) return;
  SUNDOG_PROBE("a transaction was aborted");
  store_.link_.send(XS_TRANSACTION_END, 0, number_, terminated("F"));
}

StoreWatch::StoreWatch(std::string path, EventCount::Kind kind)
    : StoreClient(StoreLink::instance()),
      link_(StoreLink::instance()),
      path_(std::move(path)),
      events_("xenstore watch", kind) {
  link_.watch(XS_WATCH, number(), path_);
}

StoreWatch::~StoreWatch() {
  if (error_ == 0) link_.watch(XS_UNWATCH, number(), path_);
}

void StoreWatch::answered(StoreMessage& reply) {
  if (reply.type == XS_ERROR) {
    SUNDOG_PROBE("the store refused a watch");
    error_ = store_error(reply.payload);
  }
  events_.advance();
}

void StoreWatch::changed(std::string path) {
  if (changed_.size() == changed_max) {
    SUNDOG_PROBE("a watch had too many events that nobody fetched");
    changed_ = {path_};
  }
  if (std::find(changed_.begin(), changed_.end(), path) == changed_.end()) {
    changed_.push_back(std::move(path));
  }
  events_.advance();
}

Task<std::string> StoreWatch::next() {
  for (;;) {
    const std::uint64_t seen = events_.count();
    if (error_ != 0)
      throw std::system_error(error_, std::generic_category(), "xenstore watch on " + path_);
    if (!changed_.empty()) {
      std::string path = std::move(changed_.front());
      changed_.pop_front();
      co_return path;
    }
    if (link_.broken()) throw StoreBroken(broken);
    co_await events_.after(seen);
  }
}

}  // namespace sundog::xen
