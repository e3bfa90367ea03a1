// Asked by meson when it configures: does this compiler compile co_await rightly? Prints each shape
// that it gets wrong, and what is known of the fault; status 0 if there is none. Each shape runs in
// a process of its own, since a miscompiled one may crash or never end.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "tests/compiler/await_shapes.hpp"

namespace {

constexpr unsigned shape_limit_s = 5;

bool holds_in_child(const await_shapes::Shape& shape) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(shape_limit_s);
    _exit(await_shapes::holds(shape) ? 0 : 1);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

}  // namespace

int main() {
  int wrong_count = 0;
  for (const auto& shape : await_shapes::shapes) {
    if (holds_in_child(shape)) continue;
    ++wrong_count;
    std::printf("    %-42s %s\n", shape.name,
                shape.bug != nullptr ? shape.bug : "a fault not seen before");
  }
  return wrong_count == 0 ? 0 : 1;
}
