#include "sundog/io/dns/message_writer.hpp"

#include <algorithm>
#include <span>

#include "sundog/runtime/language/assert.hpp"

namespace sundog::dns {
namespace {

constexpr std::uint16_t pointer_bits = 0xc000;

// Hashes of a name's suffixes, each from its label on to the root.
class SuffixHashes {
 public:
  explicit SuffixHashes(std::span<const std::uint8_t> wire) noexcept {
    for (std::size_t at = 0; wire[at] != 0; at += 1u + wire[at]) {
      starts_[count_++] = static_cast<std::uint8_t>(at);
    }
    std::uint32_t hash = 2166136261u;  // FNV-1a, from the root upwards
    for (std::size_t i = count_; i-- > 0;) {
      for (const std::uint8_t byte : wire.subspan(starts_[i], 1u + wire[starts_[i]])) {
        hash = (hash ^ small_letter(byte)) * 16777619u;
      }
      hashes_[i] = hash;
    }
  }
  std::size_t count() const noexcept { return count_; }
  std::size_t start(std::size_t label) const noexcept { return starts_[label]; }
  std::uint32_t hash(std::size_t label) const noexcept { return hashes_[label]; }

 private:
  std::array<std::uint8_t, label_count_max> starts_;
  std::array<std::uint32_t, label_count_max> hashes_;
  std::size_t count_ = 0;
};

}  // namespace

MessageWriter::MessageWriter(MutableBytes space, const Header& header) noexcept
    : space_(space.first(std::min(space.size(), message_bytes_max))), header_(header) {
  SUNDOG_ASSERT(space.size() >= header_bytes, "a DNS message needs room for its header at least");
  header_.question_count = header_.answer_count = 0;
  header_.authority_count = header_.additional_count = 0;
}

bool MessageWriter::enter(Section section) noexcept {
  SUNDOG_ASSERT(section >= section_, "a DNS message's sections are written in their order");
  section_ = section;
  std::uint16_t* const counts[] = {&header_.question_count, &header_.answer_count,
                                   &header_.authority_count, &header_.additional_count};
  std::uint16_t& count = *counts[static_cast<std::size_t>(section)];
  if (count == 0xffff) return false;
  ++count;
  full_ = false;
  return true;
}

bool MessageWriter::question(const Question& question) noexcept {
  const Mark before = mark();
  if (!enter(Section::question)) return false;
  put_name(question.name);
  put_number16(number_of(question.type));
  put_number16(static_cast<std::uint16_t>(question.record_class));
  if (full_) rewind(before);
  return !full_;
}

bool MessageWriter::record(Section section, const Name& owner, Type type, Class record_class,
                           std::uint32_t ttl_s, Bytes rdata) noexcept {
  const Mark before = mark();
  if (!enter(section)) return false;
  put_name(owner);
  put_number16(number_of(type));
  put_number16(static_cast<std::uint16_t>(record_class));
  put_number16(ttl_s >> 16);
  put_number16(ttl_s & 0xffff);
  const std::size_t length_at = size_;
  put_number16(0);
  put_rdata(type, record_class, rdata);
  if (full_) {
    rewind(before);
    return false;
  }
  const std::size_t length = size_ - length_at - 2;
  space_[length_at] = static_cast<std::byte>(length >> 8);
  space_[length_at + 1] = static_cast<std::byte>(length);
  return true;
}

bool MessageWriter::edns(const Edns& edns) noexcept {
  return record(Section::additional, Name(), Type::opt, static_cast<Class>(edns.udp_bytes_max),
                edns.ttl(), edns.options);
}

void MessageWriter::rewind(const Mark& mark) noexcept {
  const bool is_truncated = header_.truncated;
  size_ = mark.size;
  header_ = mark.header;
  header_.truncated = is_truncated;
  section_ = mark.section;
  // Nothing may point to what is gone.
  for (std::uint16_t& at : names_) {
    if (at >= size_) at = 0;
  }
}

Bytes MessageWriter::finish() noexcept {
  header_.write(space_.first<header_bytes>());
  return Bytes(space_).first(size_);
}

void MessageWriter::put_bytes(Bytes bytes) noexcept {
  if (bytes.size() + reserved_ > space_.size() - size_) full_ = true;
  if (full_) return;
  std::ranges::copy(bytes, space_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += bytes.size();
}

void MessageWriter::put_number16(std::uint32_t number) noexcept {
  const std::array<std::byte, 2> digits = {static_cast<std::byte>(number >> 8),
                                           static_cast<std::byte>(number)};
  put_bytes(digits);
}

void MessageWriter::put_rdata(Type type, Class record_class, Bytes rdata) noexcept {
  FieldReader fields(type, record_class, Rdata::alone(rdata));
  while (fields.next()) {
    if (fields.kind() == Field::name_compressed) {
      put_name(fields.name());
    } else {
      put_bytes(is_name(fields.kind()) ? fields.name().bytes() : fields.bytes());
    }
  }
  SUNDOG_ASSERT(!fields.failed(), "rdata must be well formed: ask is_well_formed() before");
}

void MessageWriter::put_name(const Name& name) noexcept {
  const auto wire = name.wire();
  const SuffixHashes suffixes(wire);
  for (std::size_t i = 0; i < suffixes.count() && !full_; ++i) {
    const auto suffix = wire.subspan(suffixes.start(i));
    if (const std::size_t known = find(suffixes.hash(i), suffix); known != 0) {
      return put_number16(pointer_bits | static_cast<std::uint32_t>(known));
    }
    const std::size_t at = size_;
    put_bytes(std::as_bytes(suffix.first(1u + suffix[0])));
    if (!full_) remember(suffixes.hash(i), at);
  }
  put_bytes(std::as_bytes(wire.last(1)));
}

std::size_t MessageWriter::find(std::uint32_t hash,
                                std::span<const std::uint8_t> suffix) const noexcept {
  for (std::size_t i = 0; i < probes_max; ++i) {
    const std::size_t at = names_[(hash + i) % table_size];
    if (at != 0 && is_at(suffix, at)) return at;
  }
  return 0;
}

void MessageWriter::remember(std::uint32_t hash, std::size_t at) noexcept {
  if (at > pointer_max) return;
  for (std::size_t i = 0; i < probes_max; ++i) {
    std::uint16_t& place = names_[(hash + i) % table_size];
    if (place != 0) continue;
    place = static_cast<std::uint16_t>(at);
    return;
  }
}

// Whether the name that stands there is this one. All of it was written here: it ends, and its
// pointers go backwards. The name that is being written now has no end yet.
bool MessageWriter::is_at(std::span<const std::uint8_t> suffix, std::size_t at) const noexcept {
  for (;;) {
    if (at >= size_) return false;
    const auto length = std::to_integer<std::uint8_t>(space_[at]);
    if (length >= pointer_bits >> 8) {
      at = (length & 0x3fu) << 8 | std::to_integer<std::size_t>(space_[at + 1]);
      continue;
    }
    if (length != suffix[0]) return false;
    if (length == 0) return true;
    for (std::size_t i = 1; i <= length; ++i) {
      if (small_letter(std::to_integer<std::uint8_t>(space_[at + i])) != small_letter(suffix[i])) {
        return false;
      }
    }
    at += 1u + length;
    suffix = suffix.subspan(1u + length);
  }
}

}  // namespace sundog::dns
