// What people call a function.
#include "sundog/runtime/text/function_name.hpp"

#include <source_location>
#include <string>

#include "tests/catch.hpp"

using namespace sundog;

namespace {

std::string short_name(std::string_view function) {
  return std::string(ShortFunctionName(function).text());
}

template <class T>
struct Holder {
  template <class U>
  std::source_location here(U) const noexcept {
    return std::source_location::current();
  }
  std::source_location in_lambda() {
    const auto inner = [](T) { return std::source_location::current(); };
    return inner(T());
  }
  std::source_location operator()() const { return std::source_location::current(); }
};

}  // namespace

TEST_CASE("of a function's name return type, parameters, arguments and outer scopes are left out") {
  CHECK(short_name("int main()") == "main");
  CHECK(short_name("int main(int, char **)") == "main");
  CHECK(short_name("Task<void> serve(Listener)") == "serve");
  CHECK(short_name("Task<std::map<int, void (*)(int)>> a::b::C<D, (lambda at f.cpp:3:4)>::run(E<F> "
                   "&, G) [D = H]") == "C::run");
  CHECK(short_name("const std::string &a::text(const char (&)[4]) const noexcept") == "a::text");
  CHECK(short_name("auto (anonymous namespace)::work()") == "work");
  CHECK(short_name("void {anonymous}::work() [with T = int]") == "work");
  CHECK(short_name("decltype(auto) a::f(auto &&...)") == "a::f");
}

TEST_CASE("a lambda is called by the function that it stands in") {
  CHECK(short_name("auto main()::(anonymous class)::operator()() const") == "main::lambda");
  CHECK(short_name("auto main()::(lambda)::operator()(Task<void>) const") == "main::lambda");
  CHECK(short_name("a::g(int)::<lambda(auto:1&)> [with auto:1 = int]") == "g::lambda");
}

TEST_CASE("what this compiler says of functions becomes short") {
  CHECK(short_name(Holder<std::string>().here(1).function_name()) == "Holder::here");
  CHECK(short_name(Holder<std::string>().in_lambda().function_name()) == "in_lambda::lambda");
  CHECK(short_name(Holder<int>()().function_name()) == "Holder::operator()");
}

TEST_CASE("however long and broken a name is, the short one fits and nothing is read beyond it") {
  const std::string deep(5000, '<');
  CHECK(short_name("void f" + deep + "()") == "f");
  CHECK(short_name("") == "");
  CHECK(short_name(")>]") != "");
  CHECK(short_name("void " + std::string(1000, 'x') + "()").size() == ShortFunctionName::size_max);
  CHECK(short_name("void " + std::string(1000, 'y') + "::z(").ends_with("y::z"));
}
