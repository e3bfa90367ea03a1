#include "io/xen/store.hpp"

#include <algorithm>
#include <array>
#include <system_error>

#include "io/xen/hypercall.hpp"
#include "io/xen/memory.hpp"
#include "runtime/log.hpp"
#include "runtime/probe.hpp"

namespace sundog::xen {
namespace {

log::Source store_log("xen");

// Events of a watch that nobody fetches are melted into one for the watched path itself once there
// are this many.
constexpr std::size_t changed_max = 256;

constexpr const char* broken = "xenstore: the connection is broken";

volatile xenstore_domain_interface& page() {
  const std::uint64_t frame = hvm_parameter(HVM_PARAM_STORE_PFN);
  if (frame == 0)
    throw std::system_error(ENODEV, std::generic_category(), "this domain has no xenstore");
  return *reinterpret_cast<volatile xenstore_domain_interface*>(frame * page_bytes);
}

std::string terminated(std::string text) { return std::move(text) + '\0'; }

std::string without_terminator(std::string text) {
  if (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

}  // namespace

Store::Pending::Pending(Store& owner) noexcept
    : store(owner), request(++owner.last_request_), next(owner.pending_) {
  store.pending_ = this;
}

Store::Pending::~Pending() {
  Pending** link = &store.pending_;
  while (*link != this) link = &(*link)->next;
  *link = next;
  // One that was asked to end before it could wait leaves only now.
  if (reply.type != XS_INVALID) store.decline(reply);
}

Store& Store::instance() {
  static Store store;
  return store;
}

Store::Store() : ring_(page()), port_(static_cast<Port>(hvm_parameter(HVM_PARAM_STORE_EVTCHN))) {
  adopt_port(port_, {[](void* store) { static_cast<Store*>(store)->serve(); }, this});
}

void Store::send(const StoreMessage& message) {
  const std::string bytes = encode(message);
  if (broken_) return;  // whoever would wait for the answer sees that
  outgoing_ += bytes;
  try {
    move_out();
  } catch (const StoreBroken& error) {
    give_up(error);
  }
}

void Store::move_out() {
  const std::size_t count = ring_.write(outgoing_);
  outgoing_.erase(0, count);
  if (count != 0) send_event(port_);
  if (!outgoing_.empty()) SUNDOG_PROBE("the store's ring had no room for a request");
}

void Store::serve() {
  if (broken_) return;
  try {
    exchange();
  } catch (const StoreBroken& error) {
    give_up(error);
  }
}

// The ring is not touched again, and nobody waits for what cannot come.
void Store::give_up(const StoreBroken& error) {
  SUNDOG_PROBE("the store broke the protocol");
  store_log.error("{}", error.what());
  broken_ = true;
  mask_port(port_);
  for (Pending* pending = pending_; pending != nullptr; pending = pending->next)
    pending->done.raise();
  for (StoreWatch* watch = watches_; watch != nullptr; watch = watch->next_) watch->signal_.raise();
}

void Store::exchange() {
  std::array<char, XENSTORE_RING_SIZE> buffer;
  while (const std::size_t count = ring_.read(buffer.data(), buffer.size())) {
    send_event(port_);  // the store may wait for room
    incoming_.add({buffer.data(), count});
  }
  while (auto message = incoming_.next()) take(std::move(*message));
  if (!outgoing_.empty()) move_out();
}

void Store::take(StoreMessage message) {
  if (message.type == XS_WATCH_EVENT) return take_watch_event(message);
  for (Pending* pending = pending_; pending != nullptr; pending = pending->next) {
    if (pending->request != message.request) continue;
    pending->reply = std::move(message);
    pending->done.raise();
    return;
  }
  for (StoreWatch* watch = watches_; watch != nullptr; watch = watch->next_) {
    if (watch->request_ != message.request) continue;
    if (message.type == XS_ERROR) {
      SUNDOG_PROBE("the store refused a watch");
      watch->error_ = store_error(message.payload);
    }
    watch->signal_.raise();
    return;
  }
  decline(message);
}

// Nobody takes the answer. A transaction that was begun for somebody who has left is given back.
void Store::decline(const StoreMessage& answer) noexcept {
  SUNDOG_PROBE("an answer came for somebody who has left");
  if (answer.type != XS_TRANSACTION_START) return;
  SUNDOG_PROBE("a transaction was begun for somebody who has left");
  try {
    const auto number = transaction_number(answer.payload);
    send({XS_TRANSACTION_END, ++last_request_, number, terminated("F")});
  } catch (const StoreBroken& error) {
    give_up(error);
  }
}

void Store::take_watch_event(const StoreMessage& message) {
  const std::size_t end = message.payload.find('\0');
  if (end == std::string::npos) {
    SUNDOG_PROBE("a watch event without a token");
    return;
  }
  const std::string path = message.payload.substr(0, end);
  const std::string token = without_terminator(message.payload.substr(end + 1));
  for (StoreWatch* watch = watches_; watch != nullptr; watch = watch->next_) {
    if (watch->token_ != token) continue;
    if (watch->changed_.size() == changed_max) {
      SUNDOG_PROBE("a watch had too many events that nobody fetched");
      watch->changed_ = {watch->path_};
    }
    if (std::find(watch->changed_.begin(), watch->changed_.end(), path) == watch->changed_.end()) {
      watch->changed_.push_back(path);
    }
    watch->signal_.raise();
  }
}

Task<std::string> Store::request(std::uint32_t transaction, std::uint32_t type,
                                 std::string payload) {
  Pending pending(*this);
  send({type, pending.request, transaction, std::move(payload)});
  if (!broken_) co_await pending.done.after(0);
  StoreMessage reply = std::exchange(pending.reply, {});
  if (reply.type == XS_INVALID) throw StoreBroken(broken);
  if (reply.type == XS_ERROR) {
    throw std::system_error(store_error(reply.payload), std::generic_category(), "xenstore");
  }
  if (reply.type != type) {
    SUNDOG_PROBE("the store answered something else than was asked");
    const StoreBroken error("xenstore: a reply's type is not its request's");
    give_up(error);
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
  store_.send({XS_TRANSACTION_END, ++store_.last_request_, number_, terminated("F")});
}

StoreWatch::StoreWatch(std::string path, Signal::Kind kind)
    : store_(Store::instance()),
      path_(std::move(path)),
      request_(++store_.last_request_),
      signal_("xenstore watch", kind),
      next_(store_.watches_) {
  token_ = std::to_string(request_);
  store_.watches_ = this;
  store_.send({XS_WATCH, request_, 0, terminated(path_) + terminated(token_)});
}

StoreWatch::~StoreWatch() {
  StoreWatch** link = &store_.watches_;
  while (*link != this) link = &(*link)->next_;
  *link = next_;
  if (error_ == 0) {
    store_.send({XS_UNWATCH, ++store_.last_request_, 0, terminated(path_) + terminated(token_)});
  }
}

Task<std::string> StoreWatch::next() {
  for (;;) {
    const std::uint64_t seen = signal_.count();
    if (error_ != 0)
      throw std::system_error(error_, std::generic_category(), "xenstore watch on " + path_);
    if (!changed_.empty()) {
      std::string path = std::move(changed_.front());
      changed_.pop_front();
      co_return path;
    }
    if (store_.broken_) throw StoreBroken(broken);
    co_await signal_.after(seen);
  }
}

}  // namespace sundog::xen
