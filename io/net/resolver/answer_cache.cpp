#include "sundog/io/net/resolver/answer_cache.hpp"

#include <array>
#include <chrono>

namespace sundog::net {
namespace {

// The name in small letters and the type: names that are equal have equal keys.
class Key {
 public:
  Key(const dns::Name& name, dns::Type type) noexcept {
    for (const std::uint8_t byte : name.wire()) {
      text_[size_++] = static_cast<char>(dns::small_letter(byte));
    }
    text_[size_++] = static_cast<char>(dns::number_of(type) >> 8);
    text_[size_++] = static_cast<char>(dns::number_of(type));
  }
  std::string_view text() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, dns::name_bytes_max + 2> text_;
  std::size_t size_ = 0;
};

// What a map's node costs beside what is in it, about.
constexpr std::size_t node_bytes = 48;

}  // namespace

const Answer* AnswerCache::find(const dns::Name& name, dns::Type type, TimePoint now) noexcept {
  const auto at = entries_.find(Key(name, type).text());
  if (at == entries_.end()) return nullptr;
  Entry& entry = at->second;
  if (entry.until <= now) {
    erase(at);
    return nullptr;
  }
  by_use_.remove(entry);
  by_use_.add(entry);
  return &entry.answer;
}

void AnswerCache::put(const dns::Name& name, dns::Type type, const Answer& answer, TimePoint now) {
  if (!answer.is_final() || answer.ttl_s == 0) return;
  Answer copy = answer;
  const Key key(name, type);
  const auto [at, is_new] = entries_.try_emplace(std::string(key.text()));
  Entry& entry = at->second;
  if (!is_new) {
    by_use_.remove(entry);
    bytes_ -= entry.bytes;
  }
  entry.answer = std::move(copy);
  entry.until = deadline_after(now, std::chrono::seconds(answer.ttl_s));
  entry.bytes = node_bytes + sizeof(Entries::value_type) + key.text().size() +
                entry.answer.addresses.capacity() * sizeof(IpAddress);
  entry.key = &at->first;
  bytes_ += entry.bytes;
  by_use_.add(entry);
  while (size() > entries_max_ || bytes_ > bytes_max_) {
    erase(entries_.find(*by_use_.first()->key));
  }
}

void AnswerCache::clear() noexcept {
  while (!entries_.empty()) erase(entries_.begin());
}

void AnswerCache::erase(Entries::iterator at) noexcept {
  by_use_.remove(at->second);
  bytes_ -= at->second.bytes;
  entries_.erase(at);
}

}  // namespace sundog::net
