// type_name<T>(): a type's name as people write it, at compile time: "EmbeddedFiles",
// "std::vector<int>".
//
// This project's own namespace is left out. For descriptions and messages only: compilers differ in
// the details.
#pragma once

#include <string_view>

namespace sundog {

template <class T>
constexpr std::string_view type_name() noexcept {
  // "std::string_view sundog::type_name() [T = sundog::EmbeddedFiles]"
  std::string_view name = __PRETTY_FUNCTION__;
  name.remove_prefix(name.find("T = ") + 4);
  name.remove_suffix(1);
  name = name.substr(0, name.find("; "));  // g++ goes on with what std::string_view stands for
  constexpr std::string_view own = "sundog::";
  if (name.starts_with(own)) name.remove_prefix(own.size());
  return name;
}

}  // namespace sundog
