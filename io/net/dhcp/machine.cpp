#include "sundog/io/net/dhcp/machine.hpp"

#include <algorithm>
#include <utility>

#include "sundog/runtime/language/assert.hpp"

namespace sundog::net::dhcp {
namespace {

constexpr IpAddress everybody = IpAddress::v4({255, 255, 255, 255});
constexpr std::size_t host_name_bytes_max = 63;

// What is asked of servers (option 55).
constexpr std::array wanted = {
    OptionCode::subnet_mask, OptionCode::routers,      OptionCode::name_servers,  OptionCode::mtu,
    OptionCode::lease_time,  OptionCode::renewal_time, OptionCode::rebinding_time};

}  // namespace

Machine::Machine(MacAddress hardware, std::string host_name, RandomSource& random, Actions& actions)
    : hardware_(hardware), host_name_(std::move(host_name)), random_(random), actions_(actions) {
  SUNDOG_ASSERT(host_name_.size() <= host_name_bytes_max, "a host's name has 63 bytes at most");
}

void Machine::start(TimePoint now, const std::optional<IpAddress>& before) noexcept {
  SUNDOG_ASSERT(state_ == State::stopped, "a DHCP client is started once");
  if (!before) return begin_again(now, Duration::zero());
  requested_ = *before;
  reboot(now);
}

void Machine::release(TimePoint now) noexcept {
  if (is_in_use()) send_farewell(MessageType::release, now);
  if (lease_) actions_.give_up(*lease_);
  lease_.reset();
  enter(State::stopped, never);
}

void Machine::link_came_back(TimePoint now) noexcept {
  if (state_ == State::stopped) return;
  if (!lease_) return begin_again(now, Duration::zero());
  requested_ = lease_->address.address();
  actions_.give_up(*lease_);
  lease_.reset();
  reboot(now);
}

void Machine::enter(State state, TimePoint deadline) noexcept {
  state_ = state;
  deadline_ = deadline;
}

void Machine::begin_exchange(TimePoint now) noexcept {
  transaction_ = random_.number<std::uint32_t>();
  exchange_begun_ = now;
  retry_after_ = first_retry;
  requests_ = 0;
}

void Machine::begin_again(TimePoint now, Duration pause) noexcept {
  if (lease_) actions_.give_up(*lease_);
  lease_.reset();
  enter(State::init, deadline_after(now, pause));
  if (pause == Duration::zero()) discover(now);
}

void Machine::discover(TimePoint now) noexcept {
  begin_exchange(now);
  send_discover(now);
  enter(State::selecting, now + next_retry());
}

void Machine::reboot(TimePoint now) noexcept {
  begin_exchange(now);
  state_ = State::rebooting;
  send_request(now);
  enter(State::rebooting, now + next_retry());
}

// The next pause: twice the one before, a second more or less.
Duration Machine::next_retry() noexcept {
  const Duration pause = retry_after_;
  retry_after_ = std::min(retry_after_ * 2, last_retry);
  constexpr auto jitter_ms = retry_jitter / std::chrono::milliseconds(1);
  const auto drawn = random_.below(static_cast<std::uint32_t>(2 * jitter_ms + 1));
  return pause - retry_jitter + std::chrono::milliseconds(drawn);
}

TimePoint Machine::next_renewal(TimePoint now, TimePoint end) const noexcept {
  const Duration left = time_until(end, now);
  return std::min(end, deadline_after(now, std::max(left / 2, renewal_retry_min)));
}

void Machine::tick(TimePoint now) noexcept {
  if (now < deadline_) return;
  switch (state_) {
    case State::stopped:
    case State::checking:
      enter(state_, never);
      return;
    case State::init:
      return discover(now);
    case State::selecting:
    case State::requesting:
    case State::rebooting:
      return retry(now);
    case State::bound:
    case State::renewing:
    case State::rebinding:
      return renew(now);
  }
}

void Machine::retry(TimePoint now) noexcept {
  if (state_ == State::selecting) {
    send_discover(now);
  } else {
    const unsigned most = state_ == State::rebooting ? reboot_requests_max : requests_max;
    if (requests_ >= most) return begin_again(now, Duration::zero());
    send_request(now);
  }
  enter(state_, now + next_retry());
}

void Machine::renew(TimePoint now) noexcept {
  if (now >= lease_->end) return begin_again(now, Duration::zero());
  const State next = now >= lease_->rebinding ? State::rebinding : State::renewing;
  if (state_ == State::bound) begin_exchange(now);
  state_ = next;
  send_request(now);
  const TimePoint end = next == State::rebinding ? lease_->end : lease_->rebinding;
  enter(next, next_renewal(now, end));
}

void Machine::received(Bytes datagram, TimePoint now) noexcept {
  const auto message = Message::parse(datagram);
  if (!message || message->direction != Direction::reply) return;
  if (message->transaction != transaction_ || message->hardware != hardware_) return;
  switch (message->type().value_or(MessageType::inform)) {
    case MessageType::offer:
      return offered(*message, now);
    case MessageType::acknowledge:
      return acknowledged(*message, now);
    case MessageType::refuse:
      return refused(*message, now);
    default:
      return;
  }
}

// The first offer is as good as another.
void Machine::offered(const Message& message, TimePoint now) noexcept {
  if (state_ != State::selecting) return;
  const auto offer = Lease::read(message, now, std::nullopt);
  if (!offer) return;
  requested_ = offer->address.address();
  offered_by_ = offer->server;
  retry_after_ = first_retry;
  requests_ = 0;
  state_ = State::requesting;
  send_request(now);
  enter(State::requesting, now + next_retry());
}

void Machine::acknowledged(const Message& message, TimePoint now) noexcept {
  const bool is_first = state_ == State::requesting || state_ == State::rebooting;
  const bool is_renewal = state_ == State::renewing || state_ == State::rebinding;
  if (!is_first && !is_renewal) return;
  const auto granted = Lease::read(message, asked_at_, lease_);
  if (!granted || now >= granted->end) return;
  if (is_renewal) {
    if (granted->address.address() != lease_->address.address()) return;
    lease_ = granted;
    enter(State::bound, lease_->renewal);
    return actions_.use(*lease_);
  }
  if (granted->address.address() != requested_) return;
  if (state_ == State::requesting && granted->server != offered_by_) return;
  lease_ = granted;
  enter(State::checking, never);
  actions_.claim(*lease_);
}

void Machine::refused(const Message& message, TimePoint now) noexcept {
  if (state_ == State::requesting) {
    // Another server may refuse what it did not offer.
    const auto server = message.address(OptionCode::server);
    if (server && *server != offered_by_) return;
    return begin_again(now, pause_after_failure);
  }
  // Not this network's address any more: a new one is needed now.
  if (state_ == State::rebooting || state_ == State::renewing || state_ == State::rebinding) {
    begin_again(now, Duration::zero());
  }
}

void Machine::claimed(TimePoint now) noexcept {
  if (state_ != State::checking) return;
  // The claim has taken some seconds.
  if (now >= lease_->end) return begin_again(now, Duration::zero());
  enter(State::bound, lease_->renewal);
  actions_.use(*lease_);
}

void Machine::lost(TimePoint now) noexcept {
  if (state_ != State::checking && !is_in_use()) return;
  send_farewell(MessageType::decline, now);
  begin_again(now, pause_after_failure);
}

// --- what is sent ---

Message Machine::outgoing(TimePoint now) const noexcept {
  Message message;
  message.transaction = transaction_;
  const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(now - exchange_begun_);
  message.elapsed_s = static_cast<std::uint16_t>(std::min<std::int64_t>(elapsed.count(), 0xffff));
  message.hardware = hardware_;
  // Until there is an address, nothing that is sent to one can be received.
  message.to_all = !is_in_use();
  if (is_in_use()) message.client = lease_->address.address();
  return message;
}

void Machine::add_identity(MessageWriter& message) const noexcept {
  std::array<std::byte, 1 + MacAddress::size_bytes> identity;
  identity[0] = std::byte{1};  // of Ethernet
  std::ranges::copy(std::as_bytes(std::span(hardware_.octets())), identity.begin() + 1);
  message.option(OptionCode::client, identity);
}

void Machine::send_discover(TimePoint now) noexcept {
  std::array<std::byte, message_bytes_max> space;
  MessageWriter message(space, outgoing(now), MessageType::discover);
  add_identity(message);
  message.number16(OptionCode::message_size_max, 576);
  if (!host_name_.empty()) message.option(OptionCode::host_name, as_bytes(host_name_));
  message.option(OptionCode::parameter_list, std::as_bytes(std::span(wanted)));
  actions_.send(message.finish(), IpAddress::any_v4(), everybody);
}

// With the options that section 4.3.2 wants of each state: address and server when the address was
// offered, the address alone when it is known from before, none when it is in use.
void Machine::send_request(TimePoint now) noexcept {
  std::array<std::byte, message_bytes_max> space;
  MessageWriter message(space, outgoing(now), MessageType::request);
  add_identity(message);
  if (!is_in_use()) message.address(OptionCode::requested_address, requested_);
  if (state_ == State::requesting) message.address(OptionCode::server, offered_by_);
  message.number16(OptionCode::message_size_max, 576);
  if (!host_name_.empty()) message.option(OptionCode::host_name, as_bytes(host_name_));
  message.option(OptionCode::parameter_list, std::as_bytes(std::span(wanted)));
  ++requests_;
  asked_at_ = now;
  const IpAddress source = is_in_use() ? lease_->address.address() : IpAddress::any_v4();
  actions_.send(message.finish(), source, state_ == State::renewing ? lease_->server : everybody);
}

// DECLINE and RELEASE, which nobody answers (table 5 of section 4.4.1).
void Machine::send_farewell(MessageType type, TimePoint now) noexcept {
  begin_exchange(now);
  Message head = outgoing(now);
  head.to_all = false;
  const bool is_release = type == MessageType::release;
  if (!is_release) head.client = IpAddress::any_v4();
  std::array<std::byte, message_bytes_max> space;
  MessageWriter message(space, head, type);
  add_identity(message);
  if (!is_release) message.address(OptionCode::requested_address, lease_->address.address());
  message.address(OptionCode::server, lease_->server);
  const IpAddress source = is_release ? lease_->address.address() : IpAddress::any_v4();
  actions_.send(message.finish(), source, is_release ? lease_->server : everybody);
}

}  // namespace sundog::net::dhcp
