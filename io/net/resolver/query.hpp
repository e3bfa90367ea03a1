// Query: a question as it is sent to a name server, and the test whether something answers it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sundog/io/dns/edns.hpp"
#include "sundog/io/dns/header.hpp"
#include "sundog/io/dns/message.hpp"
#include "sundog/io/dns/name.hpp"
#include "sundog/io/flow.hpp"

namespace sundog::net {

// The question in it must be repeated letter by letter, which is harder to guess where the letters'
// case was mixed ("0x20").
enum class Spelling : bool { free, exact };

class Query {
 public:
  Query(std::uint16_t id, const dns::Question& question, bool with_edns,
        Spelling spelling) noexcept;

  // The message. Valid as long as the query.
  Bytes bytes() const noexcept { return Bytes(space_).first(size_); }
  const dns::Question& question() const noexcept { return question_; }
  bool has_edns() const noexcept { return with_edns_; }

  // Whether a message is a response to this very question: its id, its kind, and the question in
  // it, which only an error may leave out. The rest of the message may be cut off.
  bool is_answered_by(Bytes message) const noexcept;

 private:
  std::array<std::byte, dns::header_bytes + dns::name_bytes_max + 4 + dns::opt_record_bytes> space_;
  std::size_t size_;
  std::uint16_t id_;
  dns::Question question_;
  bool with_edns_;
  Spelling spelling_;
};

}  // namespace sundog::net
