// ShortFunctionName: what people call a function, out of what compilers say of it.
//
//   "Task<void> sundog::http::Server<Acceptor, Handler>::spawn(Scope &, F) [L = ...]"
//   gives "Server::spawn"
//
// A function of templates can be called by a kilobyte of types, which nobody reads in a message.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace sundog {

// Return type, parameters, template arguments and outer scopes are left out; a lambda is
// "function::lambda". It owns its text, takes no memory, and may be made in a signal handler.
class ShortFunctionName {
 public:
  // Longer names lose their beginning.
  static constexpr std::size_t size_max = 60;

  // As std::source_location::function_name() gives it.
  explicit ShortFunctionName(std::string_view function) noexcept;

  // Never empty, unless the function's name is. As long as this.
  std::string_view text() const noexcept { return {text_.data() + begin_, size_ - begin_}; }

 private:
  bool ends_with(std::string_view end) const noexcept;
  void add(char c) noexcept;
  void add(std::string_view text) noexcept;
  std::size_t read_bracket(std::string_view function, std::size_t at) noexcept;
  void keep_last_parts() noexcept;

  std::array<char, 256> text_;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sundog
