// EmbeddedFiles and its generator, on the folder tests/io/embedded, which io/embed.py compiled into
// this program.
#include "sundog/io/embedded_files.hpp"

#include <optional>
#include <string>
#include <string_view>

#include "tests/catch.hpp"
#include "tests/io/embedded_fixture.hpp"

namespace {

using sundog::Digest;
using sundog::EmbeddedFile;

std::string text_of(const EmbeddedFile& file) {
  const auto bytes = file.contents();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<EmbeddedFile> get(std::string_view key) {
  const auto found = embedded_fixture.get(key);
  REQUIRE(found.await_ready());
  return found.await_resume();
}

}  // namespace

TEST_CASE("an embedded file is found by its path below the folder") {
  const auto file = get("hello.txt");
  REQUIRE(file);
  REQUIRE(file->name() == "hello.txt");
  REQUIRE(text_of(*file) == "Hello from a file.\n");
}

TEST_CASE("embedded files keep every byte, and their names") {
  const auto bytes = get("folder/bytes.bin");
  REQUIRE(bytes);
  REQUIRE(text_of(*bytes) == std::string("\x00\x01\xfe\xff\"\\\n", 7));
  const auto odd = get("folder/odd \"name\" \xc3\xbc.txt");
  REQUIRE(odd);
  REQUIRE(text_of(*odd) == "second\n");
}

TEST_CASE("an empty embedded file is there, and empty") {
  const auto file = get("empty");
  REQUIRE(file);
  REQUIRE(file->contents().empty());
}

TEST_CASE("folders, hidden files and what lies outside are not in the store") {
  for (const std::string_view key :
       {"", "/", "folder", "folder/", "folder/bytes", "hello.txt/", "/hello.txt", "./hello.txt",
        "../embedded/hello.txt", ".hidden", "HELLO.TXT"}) {
    CAPTURE(key);
    REQUIRE_FALSE(get(key));
  }
  REQUIRE_FALSE(get(std::string_view("hello.txt\0", 10)));
}

TEST_CASE("all embedded files are listed, sorted by name") {
  std::string names;
  for (const EmbeddedFile& file : embedded_fixture.files()) names += std::string(file.name()) + "|";
  REQUIRE(names == "empty|folder/bytes.bin|folder/odd \"name\" \xc3\xbc.txt|hello.txt|");
}

TEST_CASE("an embedded file's digest is the beginning of its contents' SHA-256") {
  // sha256sum of the file, its first 20 digits.
  REQUIRE(get("hello.txt")->digest() == Digest::from_hex("3f56b92247ecaedf028f"));
  REQUIRE(get("empty")->digest() == Digest::from_hex("e3b0c44298fc1c149afb"));
}

TEST_CASE("an embedded file's time is one in whole seconds of this century") {
  for (const EmbeddedFile& file : embedded_fixture.files()) {
    REQUIRE(file.last_modified_s() > 946684800);
    REQUIRE(file.last_modified_s() < 4102444800);
  }
}
