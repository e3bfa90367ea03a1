// Message: a DNS message that has come in, as a view of its bytes.
//
//   const auto message = Message::parse(bytes);        // nothing: not a DNS message
//   for (const Record& record : message->answers()) use(record);
//
// parse() checks everything once: that the counts are true, that each name ends, that rdata is as
// its type demands (rdata.hpp), that there is at most one OPT record and nothing behind the last
// record. Going through the message afterwards cannot fail. Nothing is allocated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include "sundog/io/dns/edns.hpp"
#include "sundog/io/dns/header.hpp"
#include "sundog/io/dns/name.hpp"
#include "sundog/io/dns/rdata.hpp"
#include "sundog/io/dns/reader.hpp"
#include "sundog/io/dns/type.hpp"
#include "sundog/io/flow.hpp"

namespace sundog::dns {

// What a message has room for: its length stands in 16 bits before it on TCP.
inline constexpr std::size_t message_bytes_max = 0xffff;

// What is asked (RFC 1035 section 4.1.2).
struct Question {
  Name name;
  Type type = Type::a;
  Class record_class = Class::internet;

  // Letters' case in the name does not count.
  friend bool operator==(const Question&, const Question&) noexcept = default;
};

// A resource record (RFC 1035 section 4.1.3). The rdata is a view of the message.
struct Record {
  Name owner;
  Type type = Type::a;
  Class record_class = Class::internet;
  std::uint32_t ttl_s = 0;
  Rdata rdata;
};

// Records that follow one another in a message, to be gone through once.
class Records {
 public:
  class Iterator {
   public:
    Iterator(Bytes message, std::size_t at, std::size_t count) noexcept;
    const Record& operator*() const noexcept { return record_; }
    const Record* operator->() const noexcept { return &record_; }
    Iterator& operator++() noexcept;
    bool operator==(std::default_sentinel_t) const noexcept { return left_ == 0; }

   private:
    Bytes message_;
    std::size_t at_;
    std::size_t left_;
    Record record_;
  };

  Records(Bytes message, std::size_t at, std::size_t count) noexcept
      : message_(message), at_(at), count_(count) {}
  Iterator begin() const noexcept { return {message_, at_, count_}; }
  std::default_sentinel_t end() const noexcept { return {}; }
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }

 private:
  Bytes message_;
  std::size_t at_;
  std::size_t count_;
};

class Message {
 public:
  // The bytes must outlive the message and all that it gives.
  static std::optional<Message> parse(Bytes bytes) noexcept;

  // Its response code lacks EDNS's upper bits.
  const Header& header() const noexcept { return header_; }
  // With EDNS's upper bits.
  Rcode rcode() const noexcept;
  const std::optional<Edns>& edns() const noexcept { return edns_; }
  // The first question, which is the only one in any message in use; nothing where there is none.
  std::optional<Question> question() const noexcept;
  Records answers() const noexcept { return section(0, header_.answer_count); }
  Records authorities() const noexcept { return section(1, header_.authority_count); }
  // The OPT record is one of them.
  Records additionals() const noexcept { return section(2, header_.additional_count); }
  Bytes bytes() const noexcept { return bytes_; }

 private:
  Message(Bytes bytes, const Header& header) noexcept : bytes_(bytes), header_(header) {}
  Records section(std::size_t index, std::size_t count) const noexcept {
    return {bytes_, section_begins_[index], count};
  }
  bool check() noexcept;
  bool check_record(Reader& reader, bool is_additional, bool is_last) noexcept;

  Bytes bytes_;
  Header header_;
  std::array<std::size_t, 3> section_begins_{};
  std::optional<Edns> edns_;
};

}  // namespace sundog::dns
