// The names in io/xen/x86 against those of the kernel's own header on this machine.
#include <fstream>
#include <string>

#include "sundog/io/xen/library/libc.hpp"
#include "tests/catch.hpp"

namespace sundog::xen {
namespace {

std::string name_of(std::uint64_t number) {
  char name[system_call_name_max];
  return {name, system_call_name(number, name)};
}

TEST_CASE("each system call has the name that the kernel's header gives it") {
  std::ifstream header("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
  std::size_t checked_count = 0;
  for (std::string line; std::getline(header, line);) {
    const std::string start = "#define __NR_";
    if (!line.starts_with(start)) continue;
    const std::size_t space = line.find(' ');
    const std::size_t end = line.find(' ', space + 1);
    const std::uint64_t number = std::stoul(line.substr(end + 1));
    const std::string known = name_of(number);
    // A newer kernel's header has more.
    if (known.empty() && number > 450) continue;
    CHECK(known == line.substr(start.size(), end - start.size()));
    ++checked_count;
  }
  if (!header.is_open()) WARN("this machine has no asm/unistd_64.h");
  CHECK((checked_count > 300 || !header.is_open()));
}

TEST_CASE("a number that is no system call has no name") {
  REQUIRE(name_of(400).empty());
  REQUIRE(name_of(5000).empty());
  REQUIRE(name_of(~std::uint64_t{0}).empty());
}

}  // namespace
}  // namespace sundog::xen
