#include "sundog/io/net/resolver/query.hpp"

#include "sundog/io/dns/message_writer.hpp"
#include "sundog/io/dns/reader.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog::net {

Query::Query(std::uint16_t id, const dns::Question& question, bool with_edns,
             Spelling spelling) noexcept
    : id_(id), question_(question), with_edns_(with_edns), spelling_(spelling) {
  dns::Header header;
  header.id = id;
  header.recursion_desired = true;
  dns::MessageWriter message(space_, header);
  const bool all = message.question(question) && (!with_edns || message.edns(dns::Edns()));
  SUNDOG_ASSERT(all, "a query has room for the longest name");
  size_ = message.finish().size();
}

bool Query::is_answered_by(Bytes message) const noexcept {
  const auto header = dns::Header::parse(message);
  if (!header || header->id != id_ || !header->is_response) return false;
  if (header->opcode != dns::Opcode::query) return false;
  if (header->question_count == 0) {
    return header->rcode != dns::Rcode::no_error && header->rcode != dns::Rcode::name_error;
  }
  dns::Reader reader(message, dns::header_bytes, message.size());
  dns::Question question;
  question.name = reader.name(dns::Pointers::refused);
  question.type = static_cast<dns::Type>(reader.number16());
  question.record_class = static_cast<dns::Class>(reader.number16());
  if (reader.failed() || header->question_count != 1 || question != question_) return false;
  return spelling_ == Spelling::free || question.name.is_spelled_as(question_.name);
}

}  // namespace sundog::net
