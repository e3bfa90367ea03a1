// std::system_error and the categories of error codes, in the place of the C++ library's. The
// library makes its categories when a program starts, and so whatever merely catches a system_error
// is linked with the text of every errno, 3 KB. Here those come with the first use of a category.
#include <cstring>
#include <string>
#include <system_error>

namespace std {

system_error::~system_error() noexcept = default;

inline namespace _V2 {

error_category::~error_category() = default;

error_condition error_category::default_error_condition(int value) const noexcept {
  return {value, *this};
}
bool error_category::equivalent(int value, const error_condition& condition) const noexcept {
  return default_error_condition(value) == condition;
}
bool error_category::equivalent(const error_code& code, int value) const noexcept {
  return code.category() == *this && code.value() == value;
}
// message() for programs compiled with the library's old kind of string.
__cow_string error_category::_M_message(int value) const {
  const string text = message(value);
  return {text.data(), text.size()};
}

}  // namespace _V2

namespace {

class Generic final : public error_category {
  const char* name() const noexcept override { return "generic"; }
  string message(int value) const override { return strerror(value); }
};

// An errno: the same numbers as the generic ones.
class System final : public error_category {
  const char* name() const noexcept override { return "system"; }
  string message(int value) const override { return strerror(value); }
  error_condition default_error_condition(int value) const noexcept override {
    return {value, generic_category()};
  }
};

[[clang::no_destroy]] constinit const Generic generic_instance;
[[clang::no_destroy]] constinit const System system_instance;

}  // namespace

const error_category& _V2::generic_category() noexcept { return generic_instance; }
const error_category& _V2::system_category() noexcept { return system_instance; }

error_condition error_code::default_error_condition() const noexcept {
  return category().default_error_condition(value());
}

void __throw_system_error(int value) { throw system_error(value, generic_category()); }

}  // namespace std
