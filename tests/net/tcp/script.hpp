// Script: a conversation with one connection, line by line, on a virtual clock (after packetdrill's
// manner). The files are in scripts/; README.md beside them explains the language.
//
// A script stands for a peer and an application. What the connection sends has to be what the
// script says, then and there: a segment that is missing, that is another one, or that nobody
// expects, ends the script with a sentence that shows both, and all lines before.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sundog::test {

struct Scenario {
  std::string name;  // "RFC 9293 3.5: a connection is opened ..."
  std::string file;
  std::size_t first_line = 0;  // of its body
  std::vector<std::string> lines;
};

// The scenarios of a file, each of which begins with a line "== NAME".
std::vector<Scenario> scenarios_in(std::string_view file, std::string_view text);

// Empty when all went as it says; else what did not.
std::string run_scenario(const Scenario& scenario);

}  // namespace sundog::test
