// Xenstore's wire: the shared page's two byte rings and the messages in them (xen/io/xs_wire.h,
// docs/misc/xenstore.txt and docs/misc/xenstore-ring.txt in Xen's tree).
//
// Nothing here waits or calls Xen, so that it is tested and fuzzed on Unix. The other side's
// indices and lengths are judged before use: a page that breaks the rules is a StoreBroken, after
// which the ring is not touched again.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <xen/io/xs_wire.h>

namespace sundog::xen {

// The other side broke the protocol.
class StoreBroken : public std::exception {
 public:
  explicit StoreBroken(const char* sentence) noexcept : sentence_(sentence) {}  // a literal
  const char* what() const noexcept override { return sentence_; }

 private:
  const char* sentence_;
};

// Our end of the page. The indices run freely from wherever they are found: a fresh page need not
// be zero.
class StoreRing {
 public:
  explicit StoreRing(volatile xenstore_domain_interface& page) noexcept : page_(page) {}

  // Moves as many of the bytes into the ring as there is room for; returns how many.
  std::size_t write(std::string_view bytes);
  // Takes at most `size` bytes out of the ring; returns how many.
  std::size_t read(char* buffer, std::size_t size);

 private:
  volatile xenstore_domain_interface& page_;
};

// A message: its type (XS_...), the number that its reply repeats, and the transaction, or 0.
struct StoreMessage {
  std::uint32_t type = XS_INVALID;
  std::uint32_t request = 0;
  std::uint32_t transaction = 0;
  std::string payload;
};

// The bytes of a message. A payload of more than XENSTORE_PAYLOAD_MAX bytes would end the
// connection for good: it is a std::length_error instead.
std::string encode(const StoreMessage& message);

// Puts messages together from the pieces in which the ring brings them.
class StoreReader {
 public:
  void add(std::string_view bytes) { received_ += bytes; }
  // The next whole message, or nothing.
  std::optional<StoreMessage> next();

 private:
  std::string received_;
};

// The number that XS_TRANSACTION_START's reply brings. StoreBroken if it is none.
std::uint32_t transaction_number(std::string_view payload);

// What an XS_ERROR message says, as an errno: "ENOENT" gives ENOENT; a name this version does not
// know gives EIO.
int store_error(std::string_view name) noexcept;

}  // namespace sundog::xen
