// The kinds of device that a configuration is made of (configuration.hpp).
//
//   StackDevice<GenericStack> stack{*this, "stack"};
//   ListenerDevice<GenericStack::Listener> listener{*this, "listener", stack, endpoint};
//
// A kind with its implementation; then the configuration, the device's name, and what it is made
// from. Each kind demands a concept: a wrong implementation is an error at the line in the
// configuration that names it. A kind is a few lines: its concept's name and, where such a device
// can also be made by another one, as listeners are by a stack, how.
#pragma once

#include <cstdint>
#include <string_view>

#include "sundog/io/block.hpp"
#include "sundog/io/configuration.hpp"
#include "sundog/io/datagram.hpp"
#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/key_value.hpp"
#include "sundog/io/mutable_key_value.hpp"
#include "sundog/io/network.hpp"
#include "sundog/io/random.hpp"
#include "sundog/io/resolver.hpp"
#include "sundog/io/stack.hpp"
#include "sundog/io/wall_clock.hpp"

namespace sundog {

namespace kinds {

struct Stack {
  static constexpr std::string_view concept_name = "Stack";
};

// Made by a stack, at an endpoint, or at an address and a port:
//   ListenerDevice<GenericStack::Listener> listener{*this, "listener", stack, endpoint};
struct Listener {
  static constexpr std::string_view concept_name = "Listener";
  static auto make(auto& stack, const auto& endpoint) -> decltype(stack.listen(endpoint)) {
    return stack.listen(endpoint);
  }
  static auto make(auto& stack, const IpAddress& address, std::uint16_t port)
      -> decltype(stack.listen(Endpoint(address, port))) {
    return stack.listen(Endpoint(address, port));
  }
};

// The same:
//   DatagramDevice<GenericStack::Datagrams> questions{*this, "questions", stack, endpoint};
struct Datagram {
  static constexpr std::string_view concept_name = "Datagram";
  static auto make(auto& stack, const auto& endpoint) -> decltype(stack.datagrams(endpoint)) {
    return stack.datagrams(endpoint);
  }
  static auto make(auto& stack, const IpAddress& address, std::uint16_t port)
      -> decltype(stack.datagrams(Endpoint(address, port))) {
    return stack.datagrams(Endpoint(address, port));
  }
};

struct Resolver {
  static constexpr std::string_view concept_name = "Resolver";
};

struct KeyValue {
  static constexpr std::string_view concept_name = "KeyValue";
};

struct MutableKeyValue {
  static constexpr std::string_view concept_name = "MutableKeyValue";
};

struct Block {
  static constexpr std::string_view concept_name = "Block";
};

struct Network {
  static constexpr std::string_view concept_name = "Network";
};

struct Random {
  static constexpr std::string_view concept_name = "Random";
};

struct WallClock {
  static constexpr std::string_view concept_name = "WallClock";
};

}  // namespace kinds

template <Stack Implementation>
class StackDevice final : public Device<kinds::Stack, Implementation> {
  using Device<kinds::Stack, Implementation>::Device;
};

template <Listener Implementation>
class ListenerDevice final : public Device<kinds::Listener, Implementation> {
  using Device<kinds::Listener, Implementation>::Device;
};

template <Datagram Implementation>
class DatagramDevice final : public Device<kinds::Datagram, Implementation> {
  using Device<kinds::Datagram, Implementation>::Device;
};

template <Resolver Implementation>
class ResolverDevice final : public Device<kinds::Resolver, Implementation> {
  using Device<kinds::Resolver, Implementation>::Device;
};

template <KeyValue Implementation>
class KeyValueDevice final : public Device<kinds::KeyValue, Implementation> {
  using Device<kinds::KeyValue, Implementation>::Device;
};

template <MutableKeyValue Implementation>
class MutableKeyValueDevice final : public Device<kinds::MutableKeyValue, Implementation> {
  using Device<kinds::MutableKeyValue, Implementation>::Device;
};

template <Block Implementation>
class BlockDevice final : public Device<kinds::Block, Implementation> {
  using Device<kinds::Block, Implementation>::Device;
};

template <Network Implementation>
class NetworkDevice final : public Device<kinds::Network, Implementation> {
  using Device<kinds::Network, Implementation>::Device;
};

template <Random Implementation>
class RandomDevice final : public Device<kinds::Random, Implementation> {
  using Device<kinds::Random, Implementation>::Device;
};

template <WallClock Implementation>
class WallClockDevice final : public Device<kinds::WallClock, Implementation> {
  using Device<kinds::WallClock, Implementation>::Device;
};

}  // namespace sundog
