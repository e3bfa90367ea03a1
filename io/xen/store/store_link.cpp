#include "sundog/io/xen/store/store_link.hpp"

#include <array>
#include <utility>

#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/memory.hpp"
#include "sundog/io/xen/set_up.hpp"
#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/join_text.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::xen {
namespace {

log::Source store_log("xenstore");

constexpr std::string_view nul("\0", 1);

}  // namespace

std::string terminated(std::string_view text) { return join_text({text, nul}); }

StoreClient::StoreClient(StoreLink& link) : link_(link), number_(++link.last_number_) {
  link_.clients_.add(*this);
}

StoreClient::~StoreClient() { link_.clients_.remove(*this); }

StoreLink& StoreLink::instance() {
  static StoreLink link;
  static constinit SetUpStep again{[] { link.open(); }};
  static const bool added = (add_set_up_step(again), true);
  static_cast<void>(added);
  return link;
}

void StoreLink::open() {
  const std::uint64_t frame = hvm_parameter(HVM_PARAM_STORE_PFN);
  if (frame == 0) throw StoreMissing();
  page_ = reinterpret_cast<volatile xenstore_domain_interface*>(frame * page_bytes);
  port_ = static_cast<Port>(hvm_parameter(HVM_PARAM_STORE_EVTCHN));
  outgoing_.clear();
  broken_ = false;
  incoming_ = {};
  adopt_port(port_, {[](void* link) { static_cast<StoreLink*>(link)->serve(); }, this});
}

void StoreLink::send(std::uint32_t type, std::uint32_t number, std::uint32_t transaction,
                     std::string payload) {
  const std::string bytes =
      encode({type, number != 0 ? number : ++last_number_, transaction, std::move(payload)});
  if (broken_) return;
  outgoing_ += bytes;
  try {
    move_out();
  } catch (const StoreBroken& error) {
    give_up(error);
  }
}

void StoreLink::watch(std::uint32_t type, std::uint32_t number, std::string path) {
  send(type, number, 0, join_text({path, nul, Decimal(number), nul}));
}

void StoreLink::give_up(const StoreBroken& error) {
  SUNDOG_PROBE("the store broke the protocol");
  store_log.error("{}", error.what());
  broken_ = true;
  mask_port(port_);
  for (StoreClient* client = clients_.first(); client != nullptr;
       client = clients_.after(*client)) {
    client->lost();
  }
}

void StoreLink::move_out() {
  const std::size_t count = StoreRing(*page_).write(outgoing_);
  outgoing_.erase(0, count);
  if (count != 0) send_event(port_);
  if (!outgoing_.empty()) SUNDOG_PROBE("the store's ring had no room for a request");
}

void StoreLink::serve() {
  if (broken_) return;
  try {
    exchange();
  } catch (const StoreBroken& error) {
    give_up(error);
  }
}

void StoreLink::exchange() {
  std::array<char, XENSTORE_RING_SIZE> buffer;
  while (const std::size_t count = StoreRing(*page_).read(buffer.data(), buffer.size())) {
    send_event(port_);  // the store may wait for room
    incoming_.add({buffer.data(), count});
  }
  while (auto message = incoming_.next()) take(std::move(*message));
  if (!outgoing_.empty()) move_out();
}

StoreClient* StoreLink::find(std::uint64_t number) noexcept {
  for (StoreClient* client = clients_.first(); client != nullptr;
       client = clients_.after(*client)) {
    if (client->number_ == number) return client;
  }
  return nullptr;
}

void StoreLink::take(StoreMessage message) {
  if (message.type == XS_WATCH_EVENT) {
    const std::size_t end = message.payload.find('\0');
    if (end == std::string::npos) {
      SUNDOG_PROBE("a watch event without a token");
      return;
    }
    std::string_view token = std::string_view(message.payload).substr(end + 1);
    StoreClient* const client = find(take_number(token).value_or(0));
    if (client != nullptr) client->changed(message.payload.substr(0, end));
    return;
  }
  if (StoreClient* const client = find(message.request)) return client->answered(message);
  decline(message);
}

void StoreLink::decline(const StoreMessage& answer) noexcept {
  SUNDOG_PROBE("an answer came for somebody who has left");
  if (answer.type != XS_TRANSACTION_START) return;
  SUNDOG_PROBE("a transaction was begun for somebody who has left");
  try {
    send(XS_TRANSACTION_END, 0, transaction_number(answer.payload), terminated("F"));
  } catch (const StoreBroken& error) {
    give_up(error);
  }
}

}  // namespace sundog::xen
