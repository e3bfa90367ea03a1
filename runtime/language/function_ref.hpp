// FunctionRef: a function that is handed down a call, to be called there and not kept.
//
//   void run_program(Parameters& parameters, FunctionRef<Task<void>()> start);
//   run_program(configuration, [&] { return serve(configuration); });
//
// Two words. A std::function would own a copy, and bring what it takes to copy, destroy and name
// its type into every image.
#pragma once

#include <functional>
#include <type_traits>
#include <utility>

namespace sundog {

template <class Signature>
class FunctionRef;

template <class Result, class... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
  template <class Function>
    requires std::is_invocable_r_v<Result, const Function&, Arguments...>
  FunctionRef(const Function& function) noexcept
      : function_(&function), call_([](const void* target, Arguments... arguments) -> Result {
          return std::invoke(*static_cast<const Function*>(target),
                             std::forward<Arguments>(arguments)...);
        }) {}

  Result operator()(Arguments... arguments) const {
    return call_(function_, std::forward<Arguments>(arguments)...);
  }

 private:
  const void* function_;
  Result (*call_)(const void* target, Arguments... arguments);
};

}  // namespace sundog
