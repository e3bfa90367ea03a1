#include "sundog/io/dns/message.hpp"

namespace sundog::dns {
namespace {

// A ttl with its highest bit set is to be taken for 0 (RFC 2181 section 8).
constexpr std::uint32_t ttl_bits_max = 0x7fffffff;

Question read_question(Reader& reader) noexcept {
  Question question;
  question.name = reader.name(Pointers::followed);
  question.type = static_cast<Type>(reader.number16());
  question.record_class = static_cast<Class>(reader.number16());
  return question;
}

// Its rdata lies within the message, if the reader has not failed.
Record read_record(Reader& reader, Bytes message) noexcept {
  Record record;
  record.owner = reader.name(Pointers::followed);
  record.type = static_cast<Type>(reader.number16());
  record.record_class = static_cast<Class>(reader.number16());
  record.ttl_s = reader.number32();
  const std::size_t size = reader.number16();
  record.rdata = {message, reader.at(), size};
  reader.bytes(size);
  return record;
}

}  // namespace

Records::Iterator::Iterator(Bytes message, std::size_t at, std::size_t count) noexcept
    : message_(message), at_(at), left_(count + 1) {
  ++*this;
}

Records::Iterator& Records::Iterator::operator++() noexcept {
  if (--left_ == 0) return *this;
  Reader reader(message_, at_, message_.size());
  record_ = read_record(reader, message_);
  if (record_.type != Type::opt && record_.ttl_s > ttl_bits_max) record_.ttl_s = 0;
  at_ = reader.at();
  return *this;
}

std::optional<Message> Message::parse(Bytes bytes) noexcept {
  const auto header = Header::parse(bytes);
  if (!header || bytes.size() > message_bytes_max) return std::nullopt;
  Message message(bytes, *header);
  if (!message.check()) return std::nullopt;
  return message;
}

bool Message::check() noexcept {
  Reader reader(bytes_, header_bytes, bytes_.size());
  for (std::size_t i = 0; i < header_.question_count && !reader.failed(); ++i) {
    read_question(reader);
  }
  const std::size_t counts[] = {header_.answer_count, header_.authority_count,
                                header_.additional_count};
  for (std::size_t index = 0; index < section_begins_.size(); ++index) {
    section_begins_[index] = reader.at();
    const bool is_additional = index == 2;
    for (std::size_t i = 0; i < counts[index]; ++i) {
      if (!check_record(reader, is_additional, i + 1 == counts[index])) return false;
    }
  }
  return !reader.failed() && reader.left() == 0;
}

bool Message::check_record(Reader& reader, bool is_additional, bool is_last) noexcept {
  const Record record = read_record(reader, bytes_);
  if (reader.failed()) return false;
  if (record.type == Type::opt) {
    if (!is_additional || edns_ || !record.owner.is_root()) return false;
    edns_ = Edns::parse(static_cast<std::uint16_t>(record.record_class), record.ttl_s,
                        record.rdata.bytes());
    return edns_.has_value();
  }
  // A signature covers what stands before it (RFC 8945 section 5.2).
  if (record.type == Type::tsig && !(is_additional && is_last)) return false;
  return is_well_formed(record.type, record.record_class, record.rdata);
}

Rcode Message::rcode() const noexcept {
  const unsigned low = static_cast<unsigned>(header_.rcode);
  return static_cast<Rcode>(edns_ ? low | unsigned{edns_->rcode_high} << 4 : low);
}

std::optional<Question> Message::question() const noexcept {
  if (header_.question_count == 0) return std::nullopt;
  Reader reader(bytes_, header_bytes, bytes_.size());
  return read_question(reader);
}

}  // namespace sundog::dns
