// Before xs_wire.h, which lists only the error names that exist when it is read.
#include <cerrno>

#include "sundog/io/xen/store/store_wire.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::xen {
namespace {

std::uint32_t used(std::uint32_t produced, std::uint32_t consumed) {
  const std::uint32_t count = produced - consumed;
  if (count > XENSTORE_RING_SIZE)
    throw StoreBroken(SUNDOG_PROBED("xenstore: the ring's indices make no sense"));
  return count;
}

}  // namespace

std::size_t StoreRing::write(std::string_view bytes) {
  std::uint32_t produced = page_.req_prod;
  const std::size_t room = XENSTORE_RING_SIZE - used(produced, page_.req_cons);
  std::atomic_thread_fence(std::memory_order_seq_cst);  // room first, then its bytes
  const std::size_t count = std::min(room, bytes.size());
  for (const char byte : bytes.substr(0, count)) page_.req[MASK_XENSTORE_IDX(produced++)] = byte;
  std::atomic_thread_fence(
      std::memory_order_release);  // the bytes before the index that shows them
  page_.req_prod = produced;
  return count;
}

std::size_t StoreRing::read(char* buffer, std::size_t size) {
  std::uint32_t consumed = page_.rsp_cons;
  const std::size_t count = std::min<std::size_t>(used(page_.rsp_prod, consumed), size);
  std::atomic_thread_fence(std::memory_order_acquire);  // the index before the bytes it shows
  for (std::size_t place = 0; place < count; ++place)
    buffer[place] = page_.rsp[MASK_XENSTORE_IDX(consumed++)];
  std::atomic_thread_fence(
      std::memory_order_seq_cst);  // the bytes are out before their room is given back
  page_.rsp_cons = consumed;
  return count;
}

std::string encode(const StoreMessage& message) {
  if (message.payload.size() > XENSTORE_PAYLOAD_MAX) {
    throw std::length_error(SUNDOG_PROBED("xenstore request of more than 4096 bytes"));
  }
  const xsd_sockmsg header{message.type, message.request, message.transaction,
                           static_cast<std::uint32_t>(message.payload.size())};
  std::string bytes(sizeof header, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes + message.payload;
}

std::optional<StoreMessage> StoreReader::next() {
  xsd_sockmsg header;
  if (received_.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, received_.data(), sizeof header);
  if (header.len > XENSTORE_PAYLOAD_MAX)
    throw StoreBroken(SUNDOG_PROBED("xenstore: a message is longer than the protocol allows"));
  if (received_.size() < sizeof header + header.len) return std::nullopt;
  StoreMessage message{header.type, header.req_id, header.tx_id,
                       received_.substr(sizeof header, header.len)};
  received_.erase(0, sizeof header + header.len);
  return message;
}

std::uint32_t transaction_number(std::string_view payload) {
  const auto number = take_number(payload);
  if (!number || *number > std::numeric_limits<std::uint32_t>::max())
    throw StoreBroken(SUNDOG_PROBED("xenstore: a transaction without a number"));
  return static_cast<std::uint32_t>(*number);
}

int store_error(std::string_view name) noexcept {
  name = name.substr(0, name.find('\0'));
  for (const auto& known : xsd_errors) {
    if (name == known.errstring) return known.errnum;
  }
  return EIO;
}

}  // namespace sundog::xen
