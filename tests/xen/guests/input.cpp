// Reads a line from the console and repeats it.
#include <array>
#include <cstdio>
#include <string>

#include "sundog/io/run.hpp"
#include "sundog/io/xen/devices/console_input.hpp"

namespace sundog {
namespace {

Task<void> repeat_a_line() {
  xen::ConsoleInput input;
  std::puts("say something");
  std::string line;
  while (line.find_first_of("\r\n") == std::string::npos) {
    std::array<char, 64> buffer;
    const std::size_t count = co_await input.read(buffer);
    line.append(buffer.data(), count);
  }
  line.erase(line.find_first_of("\r\n"));
  std::printf("you said: %s\n", line.c_str());
}

}  // namespace
}  // namespace sundog

int main() { sundog::run(sundog::repeat_a_line()); }
