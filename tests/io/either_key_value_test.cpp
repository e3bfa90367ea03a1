// EitherKeyValue over the files compiled in and a store whose answers take a while.
#include "sundog/io/either_key_value.hpp"

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
    Bytes contents() const { return as_bytes(text_); }
    std::string_view etag() const { return "\"slow\""; }
    std::int64_t last_modified_s() const { return 86400; }

   private:
    std::string text_;
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
  REQUIRE(text_of(found->contents()) == "a text that is too long for a string to hold in place");
  REQUIRE(found->etag() == "\"slow\"");
  REQUIRE(found->last_modified_s() == 86400);

  Either embedded{embedded_fixture};
  const auto file = run(embedded.get("hello.txt"));
  REQUIRE(file);
  REQUIRE(text_of(file->contents()) == "Hello from a file.\n");
  REQUIRE(file->etag() == run(embedded.get("hello.txt"))->etag());
}

TEST_CASE("what the chosen store does not have is not found in the other") {
  Either slow{SlowStore()};
  REQUIRE_FALSE(run(slow.get("hello.txt")));
  Either embedded{embedded_fixture};
  REQUIRE_FALSE(run(embedded.get("slow")));
}
