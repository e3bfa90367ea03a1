// MessageWriter: writes a DNS message into a piece of memory, section by section, with names
// compressed.
//
//   MessageWriter message(space, header);
//   if (!message.question(question)) refuse();
//   const auto before = message.mark();
//   if (!message.record(Section::answer, owner, Type::a, Class::internet, ttl_s, rdata)) {
//     message.rewind(before);
//     message.truncated();
//   }
//   send(message.finish());
//
// The memory's size is the message's limit. What does not fit is left out as if it had not been
// tried, and the writer says so: whether to cut a set of records, to leave it out or to set the bit
// TC is for the caller to decide, who knows what the records mean. A name is compressed to one that
// is equal in any case (RFC 4343), so a name takes the spelling in which it stood first. Nothing is
// allocated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sundog/io/dns/edns.hpp"
#include "sundog/io/dns/header.hpp"
#include "sundog/io/dns/message.hpp"
#include "sundog/io/dns/name.hpp"
#include "sundog/io/dns/rdata.hpp"
#include "sundog/io/flow.hpp"

namespace sundog::dns {

// The parts of a message, in their order.
enum class Section : std::uint8_t { question, answer, authority, additional };

class MessageWriter {
 public:
  // A place in the message to go back to.
  struct Mark {
    std::size_t size;
    Header header;
    Section section;
  };

  // `space` has header_bytes at least, and is used up to message_bytes_max. The header's counts
  // are the writer's business.
  MessageWriter(MutableBytes space, const Header& header) noexcept;

  // Sections come in their order. False: it does not fit, and the message is what it was.
  [[nodiscard]] bool question(const Question& question) noexcept;
  // Rdata without compression, which must be well formed.
  [[nodiscard]] bool record(Section section, const Name& owner, Type type, Class record_class,
                            std::uint32_t ttl_s, Bytes rdata) noexcept;
  // The OPT record, in the additional section; its options are copied.
  [[nodiscard]] bool edns(const Edns& edns) noexcept;

  // Keeps so many bytes free for what is to come last, such as the OPT record; 0 gives them back.
  void reserve(std::size_t bytes) noexcept { reserved_ = bytes; }
  Mark mark() const noexcept { return {size_, header_, section_}; }
  void rewind(const Mark& mark) noexcept;

  // May be changed until finish(), except for the counts.
  Header& header() noexcept { return header_; }
  void truncated() noexcept { header_.truncated = true; }
  std::size_t size() const noexcept { return size_; }

  // The message, in the memory that was given.
  Bytes finish() noexcept;

 private:
  // Names that stand in the message already, by a hash of their spelling in small letters. What is
  // not found here, because the table is full, is written once more.
  static constexpr std::size_t table_size = 256;
  static constexpr std::size_t probes_max = 8;
  // A pointer has 14 bits.
  static constexpr std::size_t pointer_max = 0x3fff;

  void put_bytes(Bytes bytes) noexcept;
  void put_number16(std::uint32_t number) noexcept;
  void put_name(const Name& name) noexcept;
  void put_rdata(Type type, Class record_class, Bytes rdata) noexcept;
  bool enter(Section section) noexcept;
  std::size_t find(std::uint32_t hash, std::span<const std::uint8_t> suffix) const noexcept;
  void remember(std::uint32_t hash, std::size_t at) noexcept;
  bool is_at(std::span<const std::uint8_t> suffix, std::size_t at) const noexcept;

  MutableBytes space_;
  Header header_;
  std::size_t size_ = header_bytes;
  std::size_t reserved_ = 0;
  bool full_ = false;
  Section section_ = Section::question;
  // Where the names stand; 0 for a free place.
  std::array<std::uint16_t, table_size> names_{};
};

}  // namespace sundog::dns
