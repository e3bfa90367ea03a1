// MemoryKeyValue: a MutableKeyValue in memory. For tests, simulations, and what need not outlast
// the program: nothing of it is durable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/mutable_key_value.hpp"
#include "sundog/io/wall_clock.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

class MemoryKeyValue {
 public:
  // 64 MiB of keys and contents.
  static constexpr std::size_t bytes_max_default = std::size_t{64} << 20;

  // How the time of a change is known; none, and all of them are of 1970.
  using Clock = std::function<WallTime()>;
  // Takes at most so many bytes of keys and contents; then it is full.
  explicit MemoryKeyValue(std::size_t bytes_max = bytes_max_default, Clock clock = nullptr)
      : bytes_max_(bytes_max), clock_(std::move(clock)) {}

  // One version of some contents.
  struct Value {
    std::vector<std::byte> bytes;
    Digest digest;
    std::int64_t modified_s = 0;
  };

  class Entry {
   public:
    explicit Entry(std::shared_ptr<const Value> value) noexcept : value_(std::move(value)) {}
    std::uint64_t size() const noexcept { return value_->bytes.size(); }
    std::optional<Bytes> resident() const noexcept { return value_->bytes; }
    ReadFromMemory read(std::uint64_t offset, MutableBytes buffer) const noexcept {
      return ReadFromMemory(value_->bytes, offset, buffer);
    }
    const Digest& digest() const noexcept { return value_->digest; }
    std::int64_t last_modified_s() const noexcept { return value_->modified_s; }

   private:
    std::shared_ptr<const Value> value_;
  };

  // Gathers the new contents, which nobody sees before commit().
  class Writer {
   public:
    Writer(MemoryKeyValue& store, std::string_view key) : store_(&store), key_(key) {}
    Task<void> write(Bytes bytes);
    Task<void> commit();

   private:
    MemoryKeyValue* store_;
    std::string key_;
    std::vector<std::byte> bytes_;
  };

  Task<std::optional<Entry>> get(std::string_view key);
  Task<void> set(std::string_view key, Bytes contents);
  Task<Writer> writer(std::string_view key);
  Task<void> set_part(std::string_view key, std::uint64_t offset, Bytes bytes);
  Task<bool> remove(std::string_view key);
  Task<void> rename(std::string_view from, std::string_view to);
  Task<std::vector<std::string>> list(std::string_view prefix, std::string_view after,
                                      std::size_t count);

 private:
  using Values = std::map<std::string, std::shared_ptr<const Value>, std::less<>>;
  Values::iterator find_or_throw(std::string_view key);
  std::size_t bytes_of(std::string_view key) const noexcept;
  void check_folders(std::string_view key) const;
  void check_room(std::size_t added, std::size_t taken_away) const;
  void put(std::string_view key, std::vector<std::byte> bytes);

  std::size_t bytes_max_;
  Clock clock_;
  std::size_t bytes_ = 0;
  Values values_;
};

static_assert(MutableKeyValue<MemoryKeyValue>);

}  // namespace sundog
