#include "sundog/io/parameters.hpp"

#include <algorithm>
#include <array>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/text/join_text.hpp"

namespace sundog {
namespace {

bool well_named(std::string_view name) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.front() != '-' && !name.starts_with("no-") &&
         std::ranges::all_of(name, allowed);
}

ParameterBase* find(std::span<Parameters* const> sets, std::string_view name) {
  for (const Parameters* set : sets) {
    for (ParameterBase* parameter : set->parameters()) {
      if (parameter->name() == name) return parameter;
    }
  }
  return nullptr;
}

// Longer names than this are not compared: nobody mistypes so much.
constexpr std::size_t compared_length_max = 32;

// How many letters must be added, removed or replaced to make one of the other (Levenshtein, row by
// row).
std::size_t edit_distance(std::string_view a, std::string_view b) noexcept {
  std::array<std::size_t, compared_length_max + 1> row;
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// The known name that was most likely meant, or nothing.
std::string_view nearest(std::span<Parameters* const> sets, std::string_view wrong) {
  std::string_view found;
  std::size_t nearest_distance = std::max<std::size_t>(2, wrong.size() / 3) + 1;
  if (wrong.empty() || wrong.size() > compared_length_max) return found;
  for (const Parameters* set : sets) {
    for (const ParameterBase* parameter : set->parameters()) {
      const std::string_view name = parameter->name();
      if (name.size() > compared_length_max) continue;
      const std::size_t distance = edit_distance(wrong, name);
      // As many changes as letters: that is another word.
      if (distance < nearest_distance && distance < name.size()) {
        nearest_distance = distance;
        found = name;
      }
    }
  }
  return found;
}

ParameterProblem unknown(std::span<Parameters* const> sets, std::string_view argument,
                         std::string_view name) {
  const std::string_view meant = nearest(sets, name);
  return {ParameterProblem::Kind::unknown,
          join_text({argument, ": there is no parameter --", name,
                     meant.empty() ? "; --help lists the parameters" : "; did you mean --", meant,
                     meant.empty() ? "" : "?"})};
}

// `what` is wrong with it, and ends before what was expected instead.
ParameterProblem malformed(std::string_view argument, const ParameterBase& parameter,
                           std::initializer_list<std::string_view> what) {
  const std::string value = parameter.default_text();
  return {ParameterProblem::Kind::malformed,
          join_text({argument, ": ", join_text(what), "expected ", parameter.expects(),
                     ", as in --", parameter.name(), "=",
                     value.empty() ? std::string_view("...") : std::string_view(value)})};
}

// One pass over the arguments.
class Parser {
 public:
  Parser(std::span<Parameters* const> sets, std::span<const std::string_view> arguments)
      : sets_(sets), rest_(arguments) {}

  std::vector<ParameterProblem> parse() {
    while (!rest_.empty()) {
      const std::string_view argument = take();
      if (!argument.starts_with("--") || argument == "--") {
        problems_.push_back({ParameterProblem::Kind::unknown,
                             join_text({argument,
                                        ": not understood; write --name=value, --help "
                                        "lists the names"})});
        continue;
      }
      const std::size_t equals = argument.find('=');
      const std::string_view name = argument.substr(2, equals - 2);
      if (equals == std::string_view::npos) {
        without_value(argument, argument.substr(2));
      } else if (ParameterBase* parameter = find(sets_, name)) {
        set(*parameter, argument, argument.substr(equals + 1));
      } else {
        problems_.push_back(unknown(sets_, argument, name));
      }
    }
    return std::move(problems_);
  }

 private:
  std::string_view take() {
    const std::string_view argument = rest_.front();
    rest_ = rest_.subspan(1);
    return argument;
  }

  void set(ParameterBase& parameter, std::string_view argument, std::string_view value) {
    if (!parameter.set(value)) problems_.push_back(malformed(argument, parameter, {}));
  }

  // --name, --name value, or --no-name
  void without_value(std::string_view argument, std::string_view name) {
    if (ParameterBase* parameter = find(sets_, name)) {
      if (parameter->set_alone()) return;
      if (rest_.empty() || rest_.front().starts_with("--")) {
        problems_.push_back(malformed(argument, *parameter, {"a value is missing; "}));
        return;
      }
      const std::string_view value = take();
      set(*parameter, join_text({argument, " ", value}), value);
      return;
    }
    if (name.starts_with("no-")) {
      if (ParameterBase* parameter = find(sets_, name.substr(3))) {
        if (parameter->set_negated()) return;
        problems_.push_back(malformed(argument, *parameter,
                                      {"--", parameter->name(), " is not switched on and off; "}));
        return;
      }
    }
    problems_.push_back(unknown(sets_, argument, name));
  }

  std::span<Parameters* const> sets_;
  std::span<const std::string_view> rest_;
  std::vector<ParameterProblem> problems_;
};

void check_names(std::span<Parameters* const> sets) {
  for (const Parameters* set : sets) {
    for (const ParameterBase* parameter : set->parameters()) {
      SUNDOG_ASSERT(
          find(sets, parameter->name()) == parameter,
          "two parameters have the same name: rename one (--help lists the built-in ones)");
    }
  }
}

// Where the second column of --help begins.
constexpr std::size_t help_column = 22;

}  // namespace

ParameterBase::ParameterBase(Parameters& set, std::string_view name, std::string_view doc)
    : name_(name), doc_(doc), group_(set.group_) {
  SUNDOG_ASSERT(well_named(name),
                "a parameter's name has small letters, digits and hyphens; --no-... is made of it");
  set.parameters_.push_back(this);
}

void Parameters::adopt(ParameterBase& parameter, std::string_view name) {
  SUNDOG_ASSERT(well_named(name), "a device that has parameters is named like a parameter itself");
  parameter.name_ = name;
  parameters_.push_back(&parameter);
}

std::vector<ParameterProblem> parse_parameters(std::span<Parameters* const> sets,
                                               std::span<const std::string_view> arguments) {
  check_names(sets);
  return Parser(sets, arguments).parse();
}

std::string describe_parameters(const Parameters& set) {
  std::string text;
  std::string_view group;
  for (const ParameterBase* parameter : set.parameters()) {
    if (parameter->group() != group) {
      group = parameter->group();
      append_text(text, {text.empty() ? "" : "\n", group, ":\n"});
    }
    const std::string indent(help_column, ' ');
    const std::string_view name = parameter->name();
    const std::size_t used = name.size() + 4;
    const bool fits = used + 2 <= help_column;
    const std::string value = parameter->default_text();
    append_text(text,
                {"  --", name, fits ? "" : "\n", std::string_view(indent).substr(fits ? used : 0),
                 parameter->doc(), "\n", indent, parameter->expects(), "; ",
                 value.empty() ? "nothing unless given" : "default: ", value, "\n"});
  }
  return text;
}

}  // namespace sundog
