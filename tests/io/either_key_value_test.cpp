// EitherKeyValue over the files compiled in and a store whose answers take a while.
#include "sundog/io/either_key_value.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sundog/io/embedded_files.hpp"
#include "sundog/io/run.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/io/embedded_fixture.hpp"

namespace {

using namespace sundog;

// Has one entry, "slow", which owns its contents.
class SlowStore {
 public:
  class Entry {
   public:
    explicit Entry(std::string text) : text_(std::move(text)) {}
    std::uint64_t size() const { return text_.size(); }
    std::optional<Bytes> resident() const { return std::nullopt; }
    Task<std::size_t> read(std::uint64_t offset, MutableBytes buffer) const {
      co_await yield();
      co_return co_await ReadFromMemory(as_bytes(text_), offset, buffer);
    }
    const Digest& digest() const { return digest_; }
    std::int64_t last_modified_s() const { return 86400; }

   private:
    std::string text_;
    Digest digest_ = Digest::from_hex("51");
  };

  Task<std::optional<Entry>> get(std::string_view key) {
    co_await yield();
    if (key != "slow") co_return std::nullopt;
    co_return Entry("a text that is too long for a string to hold in place");
  }
};

using Either = EitherKeyValue<SlowStore, EmbeddedFiles>;
static_assert(KeyValue<Either>);

std::string text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("either store answers with its own entries") {
  Either slow{SlowStore()};
  const auto found = run(slow.get("slow"));
  REQUIRE(found);
  REQUIRE_FALSE(found->resident());
  std::array<std::byte, 100> space;
  const std::size_t count = run(found->read(2, space));
  REQUIRE(text_of(MutableBytes(space).first(count)) ==
          "text that is too long for a string to hold in place");
  REQUIRE(found->size() == count + 2);
  REQUIRE(found->digest() == Digest::from_hex("51"));
  REQUIRE(found->last_modified_s() == 86400);

  Either embedded{embedded_fixture};
  const auto file = run(embedded.get("hello.txt"));
  REQUIRE(file);
  REQUIRE(text_of(*file->resident()) == "Hello from a file.\n");
  REQUIRE(file->digest() == run(embedded.get("hello.txt"))->digest());
}

TEST_CASE("what the chosen store does not have is not found in the other") {
  Either slow{SlowStore()};
  REQUIRE_FALSE(run(slow.get("hello.txt")));
  Either embedded{embedded_fixture};
  REQUIRE_FALSE(run(embedded.get("slow")));
}
