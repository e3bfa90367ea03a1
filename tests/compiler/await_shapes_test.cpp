#include "tests/compiler/await_shapes.hpp"

#include "tests/catch.hpp"

TEST_CASE("every way to write co_await gives its answer and destroys each object once") {
  for (const auto& shape : await_shapes::shapes) {
    INFO(shape.name);
    CHECK(await_shapes::holds(shape));
  }
}
