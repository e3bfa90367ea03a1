// The kinds of device that a configuration is made of (configuration.hpp).
//
//   StackDevice<GenericStack> stack{*this, "stack"};
//   KIND<IMPLEMENTATION> MEMBER{*this, "NAME", INPUTS...};
//
// Each kind demands a concept: a wrong implementation is an error at the line in the configuration
// that names it. A kind is a few lines: its concept's name and, where such a device can also be
// made by another one, as listeners are by a stack, how.
#pragma once

#include <string_view>

#include "sundog/io/configuration.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/key_value.hpp"

namespace sundog {

namespace kinds {

struct KeyValue {
  static constexpr std::string_view concept_name = "KeyValue";
};

// Made by a stack, at an address: ListenerDevice<GenericStack::Listener>{..., stack, address}
struct Listener {
  static constexpr std::string_view concept_name = "Listener";
  static auto make(auto& stack, const auto& address) -> decltype(stack.listen(address)) {
    return stack.listen(address);
  }
};

}  // namespace kinds

template <KeyValue Implementation>
class KeyValueDevice final : public Device<kinds::KeyValue, Implementation> {
  using Device<kinds::KeyValue, Implementation>::Device;
};

template <Listener Implementation>
class ListenerDevice final : public Device<kinds::Listener, Implementation> {
  using Device<kinds::Listener, Implementation>::Device;
};

}  // namespace sundog
