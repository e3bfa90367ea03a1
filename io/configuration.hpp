// Configuration: what a service is made of, in one place, apart from its logic (Mirage's
// config.ml).
//
//   struct Echo : Configuration {
//     Echo() : Configuration("Sends back what it is sent.") {}
//     Parameter<Endpoint> address{*this, "address", "where to listen", Endpoint::loopback(7)};
//     StackDevice<GenericStack> stack{*this, "stack"};
//     ListenerDevice<GenericStack::Listener> listener{*this, "listener", stack, address};
//   };
//   Task<void> serve(Echo& echo) { co_await answer_all(*echo.listener); }
//   int main(int argc, char** argv) { return sundog::main(argc, argv, serve); }
//
// A device names its kind (devices.hpp), its implementation and what that is made from: parameters,
// other devices, plain values. It is made when the service starts, in the order of declaration,
// inside the main loop, and destroyed in the reverse order when the service ends: from `static
// Task<Implementation> connect(inputs...)` where there is one, else from a constructor. So
// --describe can draw the service without starting it.
//
// Another implementation is all it takes to move a service to other devices; generic.hpp has those
// that suit the platform, so that one configuration holds on every machine.
//
// An implementation may itself be made of devices and parameters. They are members of a nested
// configuration, `Parts`, of which each device has its own and hands it over before the inputs:
//
//   class DirectStack {
//    public:
//     struct Parts : Configuration {
//       Parameter<Prefix> ipv4{*this, "ipv4", "its address and network",
//                              Prefix::parse("192.0.2.7/24")};
//       NetworkDevice<TapNetwork> network{*this, "network"};
//     };
//     static Task<DirectStack> connect(Parts& parts);
//   };
//
// The parts' names begin with the device's: two such stacks "lan" and "wan" have --lan-ipv4 and
// --wan-ipv4, and stand on the networks "lan-network" and "wan-network".
#pragma once

#include <concepts>
#include <cstddef>
#include <forward_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "sundog/io/parameters.hpp"
#include "sundog/io/type_name.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

class Configuration;

// What all devices have, whatever they are.
class DeviceBase {
 public:
  DeviceBase(const DeviceBase&) = delete;
  DeviceBase& operator=(const DeviceBase&) = delete;

  // As the configuration has it, after the name of the device that it is a part of: "lan-network".
  std::string_view name() const noexcept { return name_; }
  // "KeyValue", "EmbeddedFiles"
  std::string_view concept_name() const noexcept { return concept_name_; }
  std::string_view implementation_name() const noexcept { return implementation_name_; }
  // What it is made from, its parts included.
  std::span<const DeviceBase* const> devices() const noexcept { return devices_; }
  std::span<const ParameterBase* const> parameters() const noexcept { return parameters_; }

  // Makes the device, inside the main loop, when those that it is made from are there; and destroys
  // it again. Called by main(), in the order of declaration and in the reverse order.
  virtual Task<void> connect() = 0;
  virtual void disconnect() noexcept = 0;

 protected:
  // All three must be literals.
  DeviceBase(Configuration& configuration, std::string_view name, std::string_view concept_name,
             std::string_view implementation_name);
  ~DeviceBase() = default;

  // Remembers what it is made from, for --describe; plain values are not drawn.
  template <class Input>
  void note_input(const Input& input) {
    if constexpr (std::derived_from<Input, DeviceBase>) devices_.push_back(&input);
    if constexpr (std::derived_from<Input, ParameterBase>) parameters_.push_back(&input);
  }
  // Those of them that no other part is made from.
  void note_parts(const Configuration& parts);

 private:
  friend class Configuration;
  std::string_view name_;
  std::string_view concept_name_;
  std::string_view implementation_name_;
  std::vector<const DeviceBase*> devices_;
  std::vector<const ParameterBase*> parameters_;
};

class Configuration : public Parameters {
 public:
  // `summary` is a sentence on what the service does, for --help and --describe; a literal.
  explicit Configuration(std::string_view summary = {}) : summary_(summary) {}

  // What the service does, or nothing.
  std::string_view summary() const noexcept { return summary_; }
  // In the order in which they were declared; each after its parts.
  std::span<DeviceBase* const> devices() const noexcept { return devices_; }

  // Takes over the parts of a device: their names then begin with the device's, and are kept in
  // `names`. Parts and names must outlive this configuration's use.
  void adopt(Configuration& parts, std::string_view device_name,
             std::forward_list<std::string>& names);

 private:
  friend class DeviceBase;
  std::string_view summary_;
  std::vector<DeviceBase*> devices_;
};

namespace detail {

template <class T>
concept ConfiguredInput = std::derived_from<T, ParameterBase> || std::derived_from<T, DeviceBase>;

// An input as the device keeps it: what the configuration has by address, plain values by value.
template <class Input>
auto keep_input(Input&& input) {
  using Value = std::remove_cvref_t<Input>;
  if constexpr (ConfiguredInput<Value> || std::derived_from<Value, Configuration>) {
    return &input;
  } else {
    return Value(std::forward<Input>(input));
  }
}

// ... and as the implementation gets it: the parameter's value, the connected device.
template <class Kept>
auto& open_input(const Kept& kept) {
  using Pointed = std::remove_pointer_t<Kept>;
  if constexpr (std::is_pointer_v<Kept> && ConfiguredInput<Pointed>) {
    return **kept;
  } else if constexpr (std::is_pointer_v<Kept> && std::derived_from<Pointed, Configuration>) {
    return *kept;
  } else {
    return kept;
  }
}

// What an implementation is made of itself; nothing, for most.
template <class Implementation>
class PartsOf {
 protected:
  static constexpr bool exist = false;
  PartsOf(Configuration&, std::string_view) {}
};

template <class Implementation>
  requires std::derived_from<typename Implementation::Parts, Configuration>
class PartsOf<Implementation> {
 protected:
  static constexpr bool exist = true;
  PartsOf(Configuration& configuration, std::string_view device_name) {
    configuration.adopt(parts, device_name, names_);
  }

  typename Implementation::Parts parts;

 private:
  std::forward_list<std::string> names_;
};

// Makes an implementation from the inputs that a device keeps.
template <class Implementation>
class Maker {
 public:
  virtual ~Maker() = default;
  virtual Task<void> make(std::optional<Implementation>& made) = 0;
};

template <class Kind, class Implementation, class... Kept>
class MakerFrom final : public Maker<Implementation> {
 public:
  explicit MakerFrom(Kept... kept) : kept_(std::move(kept)...) {}

  Task<void> make(std::optional<Implementation>& made) override {
    return std::apply([&](const Kept&... kept) { return make_from(made, open_input(kept)...); },
                      kept_);
  }

 private:
  // The inputs are the configuration's own and outlive this task.
  template <class... Inputs>
  static Task<void> make_from(std::optional<Implementation>& made, Inputs&... inputs) {
    if constexpr (requires { Implementation::connect(inputs...); }) {
      made.emplace(co_await Implementation::connect(inputs...));
    } else if constexpr (std::constructible_from<Implementation, Inputs&...>) {
      made.emplace(inputs...);
      co_return;
    } else if constexpr (requires { Kind::make(inputs...); }) {
      made.emplace(Kind::make(inputs...));
      co_return;
    } else {
      static_assert(
          std::constructible_from<Implementation, Inputs&...>,
          "the implementation has no constructor (nor `connect`) that takes these inputs");
    }
  }

  std::tuple<Kept...> kept_;
};

}  // namespace detail

// A device of any kind. *device is the implementation, once the service has started. The kinds are
// in devices.hpp.
template <class Kind, class Implementation>
class Device : private detail::PartsOf<Implementation>, public DeviceBase {
  using PartsOf = detail::PartsOf<Implementation>;

 public:
  // `name` must be a literal.
  template <class... Inputs>
  Device(Configuration& configuration, std::string_view name, Inputs&&... inputs)
      : PartsOf(configuration, name),
        DeviceBase(configuration, name, Kind::concept_name, type_name<Implementation>()) {
    (note_input(inputs), ...);
    if constexpr (PartsOf::exist) {
      note_parts(this->parts);
      keep(&this->parts, detail::keep_input(std::forward<Inputs>(inputs))...);
    } else {
      keep(detail::keep_input(std::forward<Inputs>(inputs))...);
    }
  }

  Implementation& operator*() {
    SUNDOG_ASSERT(implementation_,
                  "a device exists only while the service runs: use it inside of that");
    return *implementation_;
  }
  Implementation* operator->() { return &**this; }

  Task<void> connect() final { return maker_->make(implementation_); }
  void disconnect() noexcept final { implementation_.reset(); }

 protected:
  ~Device() = default;

 private:
  template <class... Kept>
  void keep(Kept... kept) {
    maker_ = std::make_unique<detail::MakerFrom<Kind, Implementation, Kept...>>(std::move(kept)...);
  }

  std::unique_ptr<detail::Maker<Implementation>> maker_;
  std::optional<Implementation> implementation_;
};

}  // namespace sundog
