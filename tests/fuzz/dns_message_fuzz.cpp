// DNS messages as anybody may send them. What is read can be gone through without failing, and
// written again it reads the same.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "sundog/io/dns/message.hpp"
#include "sundog/io/dns/message_writer.hpp"

using namespace sundog;
using namespace sundog::dns;

namespace {

std::array<std::byte, 2 * rdata_bytes_max> rdata_space;
std::array<std::byte, 2 * rdata_bytes_max> other_space;
std::vector<std::byte> message_space(message_bytes_max);

void require(bool condition) {
  if (!condition) std::abort();
}

Bytes expanded(const Record& record, MutableBytes space) {
  const auto size = expand(record.type, record.record_class, record.rdata, space);
  require(size.has_value());
  return Bytes(space).first(*size);
}

void check_name(const Name& name) {
  require(name.wire().size() <= name_bytes_max);
  const auto read = Name::try_parse(name.to_string());
  require(read && read->is_spelled_as(name));
}

// False: expanded, it does not fit into a message.
bool copy(Section section, const Records& records, MessageWriter& to) {
  for (const Record& record : records) {
    check_name(record.owner);
    const Bytes rdata = expanded(record, rdata_space);
    static_cast<void>(address_in(record.type, record.rdata));
    static_cast<void>(target_in(record.type, record.rdata));
    if (rdata.size() > rdata_bytes_max) return false;
    if (!to.record(section, record.owner, record.type, record.record_class, record.ttl_s, rdata)) {
      return false;
    }
  }
  return true;
}

void compare(const Records& a, const Records& b) {
  require(a.size() == b.size());
  auto other = b.begin();
  for (const Record& record : a) {
    const Record& copied = *other;
    require(record.owner == copied.owner && record.type == copied.type &&
            record.record_class == copied.record_class && record.ttl_s == copied.ttl_s);
    const Bytes rdata = expanded(record, rdata_space);
    require(rdata.size() == expanded(copied, other_space).size());
    ++other;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = Message::parse(std::as_bytes(std::span(data, size)));
  if (!message) return 0;
  if (const auto& edns = message->edns()) {
    for (OptionReader options(edns->options); options.next();) {
      static_cast<void>(ExtendedError::parse(options.option().data));
    }
  }
  MessageWriter writer(message_space, message->header());
  if (const auto question = message->question()) {
    check_name(question->name);
    if (!writer.question(*question)) return 0;
  }
  if (!copy(Section::answer, message->answers(), writer) ||
      !copy(Section::authority, message->authorities(), writer) ||
      !copy(Section::additional, message->additionals(), writer)) {
    return 0;
  }
  const auto again = Message::parse(writer.finish());
  require(again && again->question() == message->question() && again->rcode() == message->rcode());
  compare(message->answers(), again->answers());
  compare(message->authorities(), again->authorities());
  compare(message->additionals(), again->additionals());
  return 0;
}
