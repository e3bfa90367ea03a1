// main: how a program begins.
//
//   Task<void> hello() { print("hello\n"); co_return; }
//   int main(int argc, char** argv) { return sundog::main(argc, argv, hello); }
//
// Parses the boot parameters, answers --help and --describe, sets up the log, makes the devices in
// the order in which the configuration declares them, runs the main task, and destroys the devices
// again. The same line on Unix and Xen.
//
// The exit status: 0 when the main task ends; 1 when it, or a device, fails: the exception is
// logged; 2 when a parameter is wrong. A program that needs less uses run(task) (io/run.hpp), which
// this is built on.
#pragma once

#include <concepts>
#include <source_location>

#include "sundog/io/configuration.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/language/function_ref.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

namespace detail {

int run_program(int argc, const char* const* argv, Configuration& configuration,
                FunctionRef<Task<void>()> start, std::source_location origin);

}  // namespace detail

// A service with a configuration of its own, of which there is one; it is made here. `start` gives
// the main task, or what else can be awaited.
template <std::derived_from<Configuration> Own, Awaitable Main>
int main(int argc, const char* const* argv, Main (*start)(Own&),
         std::source_location origin = std::source_location::current()) {
  Own configuration;
  return detail::run_program(
      argc, argv, configuration, [&] { return as_task(start(configuration)); }, origin);
}

// A program without.
template <Awaitable Main>
int main(int argc, const char* const* argv, Main (*start)(),
         std::source_location origin = std::source_location::current()) {
  Configuration configuration;
  return detail::run_program(argc, argv, configuration, [&] { return as_task(start()); }, origin);
}

}  // namespace sundog
