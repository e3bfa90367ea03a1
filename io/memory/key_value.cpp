#include "sundog/io/memory/key_value.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "sundog/io/crypto/sha256.hpp"
#include "sundog/runtime/text/join_text.hpp"

namespace sundog {
namespace {

[[noreturn]] void fail(std::errc why, std::string_view key) {
  throw std::system_error(std::make_error_code(why), std::string(key));
}

}  // namespace

Task<void> MemoryKeyValue::Writer::write(Bytes bytes) {
  store_->check_room(key_.size() + bytes_.size() + bytes.size(), store_->bytes_of(key_));
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  co_return;
}

Task<void> MemoryKeyValue::Writer::commit() {
  store_->put(key_, std::move(bytes_));
  co_return;
}

MemoryKeyValue::Values::iterator MemoryKeyValue::find_or_throw(std::string_view key) {
  const auto place = values_.find(key);
  if (place == values_.end()) fail(std::errc::no_such_file_or_directory, key);
  return place;
}

// What a key takes of the room.
std::size_t MemoryKeyValue::bytes_of(std::string_view key) const noexcept {
  const auto place = values_.find(key);
  return place == values_.end() ? 0 : key.size() + place->second->bytes.size();
}

// Neither is the key a folder, nor one of its folders a key.
void MemoryKeyValue::check_folders(std::string_view key) const {
  const std::string as_folder = join_text({key, "/"});
  const auto inside = values_.lower_bound(as_folder);
  if (inside != values_.end() && inside->first.starts_with(as_folder)) {
    fail(std::errc::is_a_directory, key);
  }
  for (std::size_t end = key.find('/'); end != key.npos; end = key.find('/', end + 1)) {
    if (values_.contains(key.substr(0, end))) fail(std::errc::not_a_directory, key);
  }
}

void MemoryKeyValue::check_room(std::size_t added, std::size_t taken_away) const {
  if (added > bytes_max_ || bytes_ - taken_away > bytes_max_ - added) {
    throw std::system_error(std::make_error_code(std::errc::no_space_on_device),
                            "the store in memory is full");
  }
}

void MemoryKeyValue::put(std::string_view key, std::vector<std::byte> bytes) {
  check_folders(key);
  const std::size_t before = bytes_of(key);
  const std::size_t now = key.size() + bytes.size();
  check_room(now, before);
  Sha256 hash;
  hash.add(bytes);
  const std::int64_t modified_s =
      clock_ ? std::chrono::floor<std::chrono::seconds>(clock_()).time_since_epoch().count() : 0;
  auto value = std::make_shared<const Value>(std::move(bytes), hash.finish(), modified_s);
  values_.insert_or_assign(std::string(key), std::move(value));
  bytes_ = bytes_ - before + now;
}

Task<std::optional<MemoryKeyValue::Entry>> MemoryKeyValue::get(std::string_view key) {
  const auto place = values_.find(key);
  if (place == values_.end()) co_return std::nullopt;
  co_return Entry(place->second);
}

Task<void> MemoryKeyValue::set(std::string_view key, Bytes contents) {
  check_mutable_key(key);
  put(key, std::vector<std::byte>(contents.begin(), contents.end()));
  co_return;
}

Task<MemoryKeyValue::Writer> MemoryKeyValue::writer(std::string_view key) {
  check_mutable_key(key);
  check_folders(key);
  co_return Writer(*this, key);
}

Task<void> MemoryKeyValue::set_part(std::string_view key, std::uint64_t offset, Bytes bytes) {
  check_mutable_key(key);
  const auto place = find_or_throw(key);
  // Before the sums below could overflow, or memory be asked for.
  if (offset > bytes_max_) check_room(bytes_max_ + 1, 0);
  std::vector<std::byte> contents = place->second->bytes;
  const std::size_t start = static_cast<std::size_t>(offset);
  const std::size_t size = std::max(contents.size(), bytes.empty() ? 0 : start + bytes.size());
  check_room(key.size() + size, key.size() + contents.size());
  contents.resize(size);
  std::copy(bytes.begin(), bytes.end(),
            contents.begin() + static_cast<std::ptrdiff_t>(bytes.empty() ? 0 : start));
  put(key, std::move(contents));
  co_return;
}

Task<bool> MemoryKeyValue::remove(std::string_view key) {
  check_mutable_key(key);
  const auto place = values_.find(key);
  if (place == values_.end()) co_return false;
  bytes_ -= key.size() + place->second->bytes.size();
  values_.erase(place);
  co_return true;
}

Task<void> MemoryKeyValue::rename(std::string_view from, std::string_view to) {
  check_mutable_key(from);
  check_mutable_key(to);
  const auto source = find_or_throw(from);
  if (from == to) co_return;
  check_folders(to);
  std::shared_ptr<const Value> value = source->second;
  const std::size_t replaced = bytes_of(to);
  check_room(to.size() + value->bytes.size(), replaced + from.size() + value->bytes.size());
  values_.insert_or_assign(std::string(to), value);
  bytes_ = bytes_ - replaced - from.size() + to.size();
  values_.erase(source);
}

Task<std::vector<std::string>> MemoryKeyValue::list(std::string_view prefix, std::string_view after,
                                                    std::size_t count) {
  std::vector<std::string> keys;
  auto place = after < prefix ? values_.lower_bound(prefix) : values_.upper_bound(after);
  for (; place != values_.end() && keys.size() < std::min(count, list_count_max); ++place) {
    if (!place->first.starts_with(prefix)) break;
    keys.push_back(place->first);
  }
  co_return keys;
}

}  // namespace sundog
