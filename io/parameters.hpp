// Parameters: what a program can be told when it starts, typed; the same on Unix (its arguments)
// and on Xen (the guest's command line).
//
//   struct Greeting : Parameters {
//     Parameter<std::string> hello{*this, "hello", "what to say", "Hello World!"};
//     Parameter<int> count{*this, "count", "how often", 1, {1, 100}};
//   };
//   Greeting greeting;
//   Parameters* const sets[] = {&greeting};
//   const auto problems = parse_parameters(sets, arguments);  // --hello="Good morning" --count 3
//   if (problems.empty()) print("{}\n", *greeting.hello);
//
// A parameter is written --name=value or --name value; one of type bool also --name and --no-name.
// The last one given counts. What is wrong with the arguments comes back as sentences for people:
// nothing here throws for what was typed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sundog/io/parameter_types.hpp"

namespace sundog {

class Parameters;

// What all parameters have, whatever their type.
class ParameterBase {
 public:
  ParameterBase(const ParameterBase&) = delete;
  ParameterBase& operator=(const ParameterBase&) = delete;

  // Its name, without --, and what --help says of it.
  std::string_view name() const noexcept { return name_; }
  std::string_view doc() const noexcept { return doc_; }
  // The heading that it stands under in --help, or nothing.
  std::string_view group() const noexcept { return group_; }
  // It was given, not left at its default.
  bool given() const noexcept { return given_; }

  // For people: what it takes ("a whole number from 1 to 9"), its default, its value now.
  virtual std::string expects() const = 0;
  virtual std::string default_text() const = 0;
  virtual std::string value_text() const = 0;

  // Sets the value; false, and no change, when the text is malformed.
  virtual bool set(std::string_view text) = 0;
  // The bare `--name`; false when this parameter needs a value.
  virtual bool set_alone() = 0;
  // `--no-name`; false unless it is of type bool.
  virtual bool set_negated() = 0;

 protected:
  // Both must be literals. A name has small letters, digits and hyphens, and does not begin with
  // "no-".
  ParameterBase(Parameters& set, std::string_view name, std::string_view doc);
  ~ParameterBase() = default;
  bool given_ = false;

 private:
  friend class Parameters;
  std::string_view name_;
  std::string_view doc_;
  std::string_view group_;
};

// A set of parameters: derive from it and make them members.
class Parameters {
 public:
  Parameters() = default;
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

  // In the order in which they were declared.
  std::span<ParameterBase* const> parameters() const noexcept { return parameters_; }

 protected:
  // Takes a parameter of another set into this one too, under a name that must outlive it.
  void adopt(ParameterBase& parameter, std::string_view name);

 private:
  friend class ParameterBase;
  friend class ParameterGroup;
  std::vector<ParameterBase*> parameters_;
  std::string_view group_;  // of those that are declared next
};

// A heading for --help, declared before the parameters that belong under it: those of the set up to
// the next one.
//   ParameterGroup limits{*this, "Limits"};
class ParameterGroup {
 public:
  // `title` is a literal.
  ParameterGroup(Parameters& set, std::string_view title) noexcept { set.group_ = title; }
};

// One parameter: a member of its set. *parameter is its value.
template <class T>
class Parameter final : public ParameterBase {
 public:
  using value_type = T;

  Parameter(Parameters& set, std::string_view name, std::string_view doc, T default_value,
            ParameterType<T> type = {})
      : ParameterBase(set, name, doc),
        type_(std::move(type)),
        default_(default_value),
        value_(std::move(default_value)) {}

  const T& operator*() const noexcept { return value_; }
  const T* operator->() const noexcept { return &value_; }

  std::string expects() const override { return type_.expects(); }
  std::string default_text() const override { return type_.print(default_); }
  std::string value_text() const override { return type_.print(value_); }

  bool set(std::string_view text) override {
    auto value = type_.parse(text);
    if (!value) return false;
    assign(std::move(*value));
    return true;
  }
  bool set_alone() override {
    if constexpr (requires { type_.alone(); }) {
      assign(type_.alone());
      return true;
    } else {
      return false;
    }
  }
  bool set_negated() override {
    if constexpr (std::is_same_v<T, bool>) {
      assign(false);
      return true;
    } else {
      return false;
    }
  }

 private:
  void assign(T value) {
    value_ = std::move(value);
    given_ = true;
  }

  ParameterType<T> type_;
  T default_;
  T value_;
};

// What is wrong with the arguments.
struct ParameterProblem {
  enum class Kind {
    unknown,    // there is no such parameter
    malformed,  // there is, but not so
  };
  Kind kind;
  std::string sentence;  // "--prot=80: there is no parameter --prot; did you mean --port?"
};

// Sets the parameters that the arguments name; gives every problem, in their order. Malformed
// values change nothing. No two parameters of the sets may have the same name.
[[nodiscard]] std::vector<ParameterProblem> parse_parameters(
    std::span<Parameters* const> sets, std::span<const std::string_view> arguments);

// The parameters of a set, each with what it takes, its default and its doc, as --help shows them.
// Ends in a newline.
std::string describe_parameters(const Parameters& set);

}  // namespace sundog
