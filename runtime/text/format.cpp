#include "sundog/runtime/text/format.hpp"

#include <algorithm>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/text/digits.hpp"

namespace sundog {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool begins_character(char c) noexcept { return (c & 0xc0) != 0x80; }  // in UTF-8

// What stands after the colon: [[fill]align][sign][#][0][width][.precision][L][type]
struct Specification {
  std::string_view fill = " ";
  char align = '\0';  // '<', '^', '>', or none
  char sign = '-';
  bool alternate = false;
  bool zeros = false;
  std::size_t width = 0;
  std::size_t precision = std::string_view::npos;
  char type = '\0';

  explicit Specification(std::string_view text) {
    read_alignment(text);
    const auto take = [&](std::string_view choice) {
      if (text.empty() || choice.find(text.front()) == std::string_view::npos) return '\0';
      const char taken = text.front();
      text.remove_prefix(1);
      return taken;
    };
    if (const char taken = take("+- ")) sign = taken;
    alternate = take("#") != '\0';
    zeros = take("0") != '\0';
    if (!text.empty() && is_digit(text.front())) width = take_number(text).value_or(0);
    if (take(".") != '\0') precision = take_number(text).value_or(0);
    take("L");  // there are no locales
    type = take("sdxXobBcp");
    SUNDOG_ASSERT(text.empty(), "this presentation is not supported: see runtime/text/format.hpp");
  }

 private:
  void read_alignment(std::string_view& text) noexcept {
    std::size_t fill_bytes = 1;
    while (fill_bytes < text.size() && !begins_character(text[fill_bytes])) ++fill_bytes;
    const auto aligns = [&](std::size_t place) {
      return place < text.size() &&
             (text[place] == '<' || text[place] == '^' || text[place] == '>');
    };
    if (aligns(fill_bytes)) {
      fill = text.substr(0, fill_bytes);
      align = text[fill_bytes];
      text.remove_prefix(fill_bytes + 1);
    } else if (aligns(0)) {
      align = text.front();
      text.remove_prefix(1);
    }
  }
};

// Fills up to the width: `text` counts `columns`, and stands to this side unless told otherwise.
void write_padded(std::string& out, std::string_view text, std::size_t columns,
                  const Specification& specification, char usual_align) {
  const std::size_t missing = specification.width > columns ? specification.width - columns : 0;
  const char align = specification.align != '\0' ? specification.align : usual_align;
  const std::size_t before = align == '<' ? 0 : align == '>' ? missing : missing / 2;
  for (std::size_t i = 0; i < before; ++i) out += specification.fill;
  out += text;
  for (std::size_t i = before; i < missing; ++i) out += specification.fill;
}

void write_text(std::string& out, std::string_view text, const Specification& specification) {
  std::size_t columns = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (!begins_character(text[end])) continue;
    if (columns == specification.precision) break;
    ++columns;
  }
  write_padded(out, text.substr(0, end), columns, specification, '<');
}

void write_number(std::string& out, std::uint64_t value, bool negative,
                  const Specification& specification) {
  const char type = specification.type;
  if (type == 'c') return write_text(out, std::string(1, static_cast<char>(value)), specification);
  const bool binary = type == 'b' || type == 'B';
  const unsigned base = type == 'x' || type == 'X' || type == 'p' ? 16
                        : binary                                  ? 2
                        : type == 'o'                             ? 8
                                                                  : 10;
  std::array<char, 3 + 64> buffer;  // a sign, a prefix, and as many digits as there are bits
  char* const end = buffer.data() + buffer.size();
  char* const digits = write_digits(end, value, base);
  if (type == 'X') {
    std::transform(digits, end, digits,
                   [](char c) { return is_digit(c) ? c : static_cast<char>(c - 'a' + 'A'); });
  }
  char* start = digits;
  if (specification.alternate && base != 10 && !(base == 8 && value == 0)) {
    if (base != 8) *--start = type == 'p' ? 'x' : type;
    *--start = '0';
  }
  if (negative || specification.sign != '-') *--start = negative ? '-' : specification.sign;
  const std::string_view text(start, static_cast<std::size_t>(end - start));
  if (!specification.zeros || specification.align != '\0') {
    return write_padded(out, text, text.size(), specification, '>');
  }
  const auto before = static_cast<std::size_t>(digits - start);
  out += text.substr(0, before);
  if (specification.width > text.size()) out.append(specification.width - text.size(), '0');
  out += text.substr(before);
}

void write_argument(std::string& out, const FormatArgument& argument, std::string_view text) {
  using Kind = FormatArgument::Kind;
  if (argument.kind == Kind::other) return argument.other.write(out, text, argument.other.value);
  Specification specification(text);
  switch (argument.kind) {
    case Kind::text:
      return write_text(out, argument.text, specification);
    case Kind::boolean:
      if (specification.type == '\0' || specification.type == 's') {
        return write_text(out, argument.number != 0 ? "true" : "false", specification);
      }
      break;
    case Kind::character:
      if (specification.type == '\0') specification.type = 'c';
      break;
    case Kind::pointer:
      specification.type = 'p';
      specification.alternate = true;
      break;
    default:
      break;
  }
  const bool negative =
      argument.kind == Kind::signed_number && static_cast<std::int64_t>(argument.number) < 0;
  write_number(out, negative ? 0 - argument.number : argument.number, negative, specification);
}

// The same for a field in which nothing stands behind a colon.
void write_plain(std::string& out, const FormatArgument& argument) {
  using Kind = FormatArgument::Kind;
  switch (argument.kind) {
    case Kind::boolean:
      out += argument.number != 0 ? "true" : "false";
      return;
    case Kind::character:
      out += static_cast<char>(argument.number);
      return;
    case Kind::signed_number:
      out += Decimal(static_cast<std::int64_t>(argument.number));
      return;
    case Kind::number:
      out += Decimal(argument.number);
      return;
    case Kind::text:
      out += argument.text;
      return;
    case Kind::pointer: {
      std::array<char, 16> buffer;
      char* const end = buffer.data() + buffer.size();
      const char* const digits = write_digits(end, argument.number, 16);
      out.append("0x").append(digits, static_cast<std::size_t>(end - digits));
      return;
    }
    case Kind::other:
      return argument.other.write(out, {}, argument.other.value);
  }
}

}  // namespace

// One pass over a pattern.
class detail::Formatter {
 public:
  Formatter(const CheckedPattern& pattern, std::span<const FormatArgument> arguments) noexcept
      : rest_(pattern.text), write_field_(pattern.write_field), arguments_(arguments) {}

  std::string format() {
    std::string out;
    for (;;) {
      const std::size_t brace = rest_.find_first_of("{}");
      out += rest_.substr(0, brace);
      if (brace == std::string_view::npos) return out;
      const bool doubled = brace + 1 < rest_.size() && rest_[brace + 1] == rest_[brace];
      if (doubled) out += rest_[brace];
      rest_.remove_prefix(brace + (doubled ? 2 : 1));
      if (!doubled) write_field_(*this, out);
    }
  }

  // The argument that the text names by its number, or else the next one.
  const FormatArgument& take_argument() {
    const auto number = take_number(rest_);
    const std::size_t index = number ? *number : next_++;
    SUNDOG_ASSERT(!rest_.empty() && (rest_.front() == ':' || rest_.front() == '}'),
                  "name arguments by their number, or not at all");
    SUNDOG_ASSERT(index < arguments_.size(), "the pattern names more arguments than there are");
    return arguments_[index];
  }

  char take() {
    SUNDOG_ASSERT(!rest_.empty(), "a pattern's braces must match");
    const char taken = rest_.front();
    rest_.remove_prefix(1);
    return taken;
  }

 private:
  std::string_view rest_;
  WriteField write_field_;
  std::span<const FormatArgument> arguments_;
  std::size_t next_ = 0;
};

// Both come after the opening brace, and take the closing one.
void detail::write_plain_field(Formatter& formatter, std::string& out) {
  write_plain(out, formatter.take_argument());
  formatter.take();
}

// A width or a precision may be a field itself.
void detail::write_field(Formatter& formatter, std::string& out) {
  const FormatArgument& argument = formatter.take_argument();
  std::string specification;
  if (formatter.take() == ':') {
    for (char c = formatter.take(); c != '}'; c = formatter.take()) {
      if (c == '{') {
        specification += Decimal(formatter.take_argument().number);
        formatter.take();
      } else {
        specification += c;
      }
    }
  }
  write_argument(out, argument, specification);
}

std::string format_arguments(const CheckedPattern& pattern,
                             std::span<const FormatArgument> arguments) {
  return detail::Formatter(pattern, arguments).format();
}

}  // namespace sundog
