// Configuration: what a service is made of, in one place, apart from its logic (Mirage's
// config.ml).
//
//   struct Site : Configuration {
//     Site() : Configuration("Serves a folder over HTTP.") {}
//     Parameter<std::uint16_t> port{*this, "port", "where to listen", 8080};
//     Parameter<std::string> root{*this, "root", "the folder to serve", "."};
//     KeyValueDevice<Folder> files{*this, "files", root};          // will be Folder(*root)
//   };
//   Task<void> serve(Site& site) { co_await answer_from(*site.files, *site.port); }
//   int main(int argc, char** argv) { return sundog::main(argc, argv, serve); }
//
// A device names its implementation and what that is made from: parameters, other devices, plain
// values. It is made when the service starts, in the order of declaration, inside the main loop,
// and destroyed in the reverse order when the service ends: from `static Task<Implementation>
// connect(inputs...)` where there is one, else from a constructor. So --describe can draw the
// service without starting it.
//
// The kinds of device at the end of this file each demand a concept: a wrong implementation is an
// error at the line in the configuration that names it. Another implementation there is all it
// takes to move a service to other devices.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "sundog/io/flow.hpp"
#include "sundog/io/key_value.hpp"
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

  std::string_view name() const noexcept { return name_; }
  // "KeyValue", "EmbeddedFiles"
  std::string_view concept_name() const noexcept { return concept_name_; }
  std::string_view implementation_name() const noexcept { return implementation_name_; }
  // What it is made from.
  std::span<const DeviceBase* const> devices() const noexcept { return devices_; }
  std::span<const ParameterBase* const> parameters() const noexcept { return parameters_; }

  virtual Task<void> connect() = 0;
  virtual void disconnect() noexcept = 0;

 protected:
  DeviceBase(Configuration& configuration, std::string_view name, std::string_view concept_name,
             std::string_view implementation_name);
  ~DeviceBase() = default;

  template <class Input>
  void note_input(const Input& input) {
    if constexpr (std::derived_from<Input, DeviceBase>) devices_.push_back(&input);
    if constexpr (std::derived_from<Input, ParameterBase>) parameters_.push_back(&input);
  }

 private:
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

  std::string_view summary() const noexcept { return summary_; }
  // In the order in which they were declared.
  std::span<DeviceBase* const> devices() const noexcept { return devices_; }

 private:
  friend class DeviceBase;
  std::string_view summary_;
  std::vector<DeviceBase*> devices_;
};

inline DeviceBase::DeviceBase(Configuration& configuration, std::string_view name,
                              std::string_view concept_name, std::string_view implementation_name)
    : name_(name), concept_name_(concept_name), implementation_name_(implementation_name) {
  configuration.devices_.push_back(this);
}

template <class Implementation>
class Device;

namespace detail {

template <class T>
concept ConfiguredInput = std::derived_from<T, ParameterBase> || std::derived_from<T, DeviceBase>;

// An input as the device keeps it: parameters and devices by address, plain values by value.
template <class Input>
auto keep_input(Input&& input) {
  if constexpr (ConfiguredInput<std::remove_cvref_t<Input>>) {
    return &input;
  } else {
    return std::remove_cvref_t<Input>(std::forward<Input>(input));
  }
}

// ... and as the implementation gets it: the parameter's value, the connected device.
template <class Kept>
auto& open_input(const Kept& kept) {
  if constexpr (std::is_pointer_v<Kept> && ConfiguredInput<std::remove_pointer_t<Kept>>) {
    return **kept;
  } else {
    return kept;
  }
}

}  // namespace detail

// A device of any kind. *device is the implementation, once the service has started.
template <class Implementation>
class Device : public DeviceBase {
 public:
  Implementation& operator*() {
    SUNDOG_ASSERT(implementation_, "a device is there from the service's start to its end only");
    return *implementation_;
  }
  Implementation* operator->() { return &**this; }

  Task<void> connect() final { return connect_(implementation_); }
  void disconnect() noexcept final { implementation_.reset(); }

 protected:
  template <class... Inputs>
  Device(std::string_view concept_name, Configuration& configuration, std::string_view name,
         Inputs&&... inputs)
      : DeviceBase(configuration, name, concept_name, type_name<Implementation>()) {
    (note_input(inputs), ...);
    connect_ = [... kept = detail::keep_input(std::forward<Inputs>(inputs))](
                   std::optional<Implementation>& implementation) {
      return make(implementation, detail::open_input(kept)...);
    };
  }
  ~Device() = default;

 private:
  // The inputs are the configuration's own and outlive this task.
  template <class... Inputs>
  static Task<void> make(std::optional<Implementation>& implementation, Inputs&... inputs) {
    if constexpr (requires { Implementation::connect(inputs...); }) {
      implementation.emplace(co_await Implementation::connect(inputs...));
    } else if constexpr (std::constructible_from<Implementation, Inputs&...>) {
      implementation.emplace(inputs...);
      co_return;
    } else {
      static_assert(
          std::constructible_from<Implementation, Inputs&...>,
          "the implementation has no constructor (nor `connect`) that takes these inputs");
    }
  }

  std::optional<Implementation> implementation_;
  std::function<Task<void>(std::optional<Implementation>&)> connect_;
};

// The kinds of device. KIND(configuration, name, inputs...)

template <KeyValue Implementation>
class KeyValueDevice final : public Device<Implementation> {
 public:
  template <class... Inputs>
  explicit KeyValueDevice(Configuration& configuration, std::string_view name, Inputs&&... inputs)
      : Device<Implementation>("KeyValue", configuration, name, std::forward<Inputs>(inputs)...) {}
};

template <Listener Implementation>
class ListenerDevice final : public Device<Implementation> {
 public:
  template <class... Inputs>
  explicit ListenerDevice(Configuration& configuration, std::string_view name, Inputs&&... inputs)
      : Device<Implementation>("Listener", configuration, name, std::forward<Inputs>(inputs)...) {}
};

}  // namespace sundog
