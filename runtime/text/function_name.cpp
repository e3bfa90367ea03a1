#include "sundog/runtime/text/function_name.hpp"

#include <algorithm>

namespace sundog {
namespace {

constexpr std::string_view lambda = "lambda";
constexpr std::string_view call_operator = "::operator";

// Where the bracket that opens at `at` is closed, or the text's end. Angles count only among
// themselves and within the others: "operator->" and "a < b" do not occur in what is left out.
std::size_t end_of_bracket(std::string_view function, std::size_t at) noexcept {
  std::size_t depth = 0;
  for (; at < function.size(); ++at) {
    const char c = function[at];
    const bool arrow = c == '>' && at > 0 && function[at - 1] == '-';
    if (c == '(' || c == '[' || c == '{' || c == '<') ++depth;
    if ((c == ')' || c == ']' || c == '}' || c == '>') && !arrow && --depth == 0) return at;
  }
  return function.size();
}

// What may follow the parameters.
bool is_qualifier(std::string_view rest) noexcept {
  return rest.empty() || rest.starts_with("const") || rest.starts_with("noexcept") ||
         rest.starts_with("&") || rest.starts_with("[") || rest.starts_with("requires");
}

}  // namespace

ShortFunctionName::ShortFunctionName(std::string_view function) noexcept {
  bool behind_parameters = false;
  for (std::size_t at = 0; at < function.size(); ++at) {
    const char c = function[at];
    if (c == '(' || c == '<' || c == '[' || c == '{') {
      at = read_bracket(function, at);
      behind_parameters = c == '(' || ends_with(lambda);
    } else if (c == ' ') {
      if (behind_parameters && is_qualifier(function.substr(at + 1))) break;
      size_ = 0;  // what came was the return type, or a part of it
    } else if (c != '*' && c != '&') {
      add(c);
    }
  }
  keep_last_parts();
}

// A bracket is left out, unless it is a name: that of a lambda, or of a namespace that has none.
// Gives its end.
std::size_t ShortFunctionName::read_bracket(std::string_view function, std::size_t at) noexcept {
  const std::size_t end = end_of_bracket(function, at);
  const bool names = size_ == 0 || ends_with("::");
  const bool is_namespace = function[at] == '{' ||  // as g++ calls it
                            function.substr(at, end - at).find("namespace") != function.npos;
  if (names && is_namespace) {
    const bool goes_on = end < function.size() && function.substr(end + 1).starts_with("::");
    return goes_on ? end + 2 : end;
  }
  if (names) {
    add(lambda);
  } else if (ends_with(call_operator)) {
    size_ -= call_operator.size();
    if (!ends_with(lambda)) {
      add(call_operator);
      add("()");
    }
    return end_of_bracket(function, std::min(end + 1, function.size()));
  }
  return end;
}

bool ShortFunctionName::ends_with(std::string_view end) const noexcept {
  return std::string_view(text_.data(), size_).ends_with(end);
}

void ShortFunctionName::add(char c) noexcept {
  if (size_ == text_.size()) {
    std::copy(text_.begin() + text_.size() / 2, text_.end(), text_.begin());
    size_ = text_.size() / 2;
  }
  text_[size_++] = c;
}

void ShortFunctionName::add(std::string_view text) noexcept {
  for (const char c : text) add(c);
}

// A class and its function, or a function and its lambda: what is around these is seen from the
// file.
void ShortFunctionName::keep_last_parts() noexcept {
  const std::string_view all(text_.data(), size_);
  const std::size_t last = all.rfind("::");
  const std::size_t before = last == all.npos || last == 0 ? all.npos : all.rfind("::", last - 1);
  if (before != all.npos) begin_ = before + 2;
  if (size_ - begin_ > size_max) begin_ = size_ - size_max;
}

}  // namespace sundog
