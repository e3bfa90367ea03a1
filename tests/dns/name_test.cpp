#include "sundog/io/dns/name.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/dns/hex.hpp"

using namespace sundog;
using namespace sundog::dns;

namespace {

Name name(std::string_view text) {
  const auto parsed = Name::try_parse(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("a domain name is read, with or without the dot at its end, and printed with it") {
  CHECK(name("www.example.org").to_string() == "www.example.org.");
  CHECK(name("www.example.org.").to_string() == "www.example.org.");
  CHECK(name(".").to_string() == ".");
  CHECK(name(".").is_root());
  CHECK(test::to_hex(name("ab.c.").bytes()) ==
        "0261620163"
        "00");
}

TEST_CASE("bytes that are no visible characters, dots and backslashes are escaped in a name") {
  CHECK(name("a\\.b.c").label_count() == 2);
  CHECK(name("a\\.b.c").to_string() == "a\\.b.c.");
  CHECK(test::to_hex(name("\\000\\255\\032.").bytes()) ==
        "0300ff20"
        "00");
  CHECK(name("\\000\\255\\032.").to_string() == "\\000\\255\\032.");
  CHECK(name("\\065").to_string() == "A.");
  CHECK(name("a\\\\b").to_string() == "a\\\\b.");
  CHECK(name("*.x").to_string() == "*.x.");
  CHECK(name("\xc3\xa4").to_string() == "\\195\\164.");
}

TEST_CASE("every byte that a label may hold is printed in a form that reads the same") {
  for (unsigned byte = 0; byte < 256; ++byte) {
    Name made;
    const std::uint8_t label[] = {static_cast<std::uint8_t>(byte)};
    REQUIRE(made.append(label));
    INFO(made.to_string());
    CHECK(name(made.to_string()).is_spelled_as(made));
  }
}

TEST_CASE("what is no domain name is refused") {
  const std::string long_label(64, 'a');
  for (const std::string& text :
       {std::string(), std::string(".."), std::string(".a"), std::string("a..b"),
        std::string("a.."), std::string("a b"), std::string("a\tb"), std::string("a\\"),
        std::string("a\\1"), std::string("a\\12"), std::string("a\\256"), std::string("a\\12x"),
        long_label, std::string("\0", 1)}) {
    INFO(text);
    CHECK_FALSE(Name::try_parse(text));
  }
}

TEST_CASE("a domain name has labels of up to 63 bytes, and 255 with all lengths") {
  CHECK(Name::try_parse(std::string(63, 'a')));
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";
  CHECK(name(longest).wire().size() == 255);
  CHECK(name(longest).label_count() == 127);
  CHECK_FALSE(Name::try_parse(longest + "a"));
  const std::string four = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                           std::string(63, 'c') + "." + std::string(61, 'd');
  CHECK(name(four).wire().size() == 255);
  CHECK_FALSE(Name::try_parse(four + "d"));
  Name all_escaped;
  const std::vector<std::uint8_t> zeros(63);
  while (all_escaped.append(zeros)) {
  }
  CHECK(all_escaped.to_string().size() <= Name::text_bytes_max);
}

TEST_CASE("capital and small letters are equal in domain names, and kept") {
  CHECK(name("WWW.Example.ORG") == name("www.eXAMPLE.org"));
  CHECK_FALSE(name("www.example.org") == name("www.example.com"));
  CHECK_FALSE(name("a.b") == name("a\\.b"));
  CHECK(name("WwW.x").to_string() == "WwW.x.");
  CHECK(name("WwW.x").in_small_letters().to_string() == "www.x.");
  CHECK_FALSE(name("WwW.x").is_spelled_as(name("www.x")));
  // Only ASCII's letters: @ and [ stand beside them.
  CHECK_FALSE(name("\\064") == name("\\096"));
  CHECK_FALSE(name("\\091") == name("\\123"));
}

TEST_CASE("letters' case can be mixed, without touching anything else") {
  Name mixed = name("ab-1.cd\\000.EF");
  const std::uint8_t capitals[] = {0b00101001};
  mixed.mix_case(capitals);
  CHECK(mixed.to_string() == "Ab-1.cD\\000.eF.");
  CHECK(mixed == name("ab-1.cd\\000.EF"));
}

TEST_CASE("a domain name is within itself and its ancestors, by whole labels") {
  CHECK(name("www.example.org").is_within(name("EXAMPLE.org")));
  CHECK(name("example.org").is_within(name("example.org")));
  CHECK(name("example.org").is_within(name(".")));
  CHECK_FALSE(name("example.org").is_within(name("www.example.org")));
  CHECK_FALSE(name("badexample.org").is_within(name("example.org")));
  // The bytes 1 'a' 0 stand at the end of the label \003a\001a, which is no ancestor.
  CHECK_FALSE(name("b\\001a").is_within(name("a")));
  CHECK(name("www.example.org").parent() == name("example.org"));
  CHECK(name(".").parent() == name("."));
}

TEST_CASE("domain names have the canonical order of RFC 4034 section 6.1") {
  const std::vector<std::string> ordered = {
      "example.",   "a.example.",       "yljkjljk.a.example.", "Z.a.example.",    "zABC.a.EXAMPLE.",
      "z.example.", "\\001.z.example.", "*.z.example.",        "\\200.z.example."};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      INFO(ordered[i] << " " << ordered[j]);
      CHECK((name(ordered[i]) <=> name(ordered[j])) == (i <=> j));
    }
  }
}
