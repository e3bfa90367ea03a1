#include "sundog/io/http/accept_encoding.hpp"

#include <algorithm>
#include <optional>

#include "sundog/io/http/text.hpp"

namespace sundog::http {
namespace {

struct Named {
  ContentCoding coding;
  std::string_view name;
  std::string_view suffix;
};
constexpr std::array<Named, content_coding_count> codings = {{
    {ContentCoding::brotli, "br", ".br"},
    {ContentCoding::zstd, "zstd", ".zst"},
    {ContentCoding::gzip, "gzip", ".gz"},
    {ContentCoding::identity, "", ""},
}};

constexpr unsigned weight_max = 1000;

// qvalue = "0" [ "." *3DIGIT ] / "1" [ "." *3"0" ], in thousandths.
std::optional<unsigned> parse_weight(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  unsigned weight = text[0] == '1' ? weight_max : 0;
  text.remove_prefix(1);
  if (text.empty()) return weight;
  if (text[0] != '.' || text.size() > 4) return std::nullopt;
  text.remove_prefix(1);
  unsigned place = weight_max / 10;
  for (const char c : text) {
    if (!is(c, character::digit)) return std::nullopt;
    weight += static_cast<unsigned>(c - '0') * place;
    place /= 10;
  }
  return weight <= weight_max ? std::optional(weight) : std::nullopt;
}

// Of "gzip;q=0.5": what is behind the name.
std::optional<unsigned> weight_of(std::string_view parameters) {
  parameters = trimmed(parameters);
  if (parameters.empty()) return weight_max;
  if (parameters[0] != ';') return std::nullopt;
  parameters = trimmed(parameters.substr(1));
  if (parameters.size() < 2 || to_lower(parameters[0]) != 'q' || parameters[1] != '=')
    return std::nullopt;
  return parse_weight(parameters.substr(2));
}

std::optional<ContentCoding> coding_of(std::string_view name) {
  if (equals_ignoring_case(name, "identity")) return ContentCoding::identity;
  if (equals_ignoring_case(name, "x-gzip")) return ContentCoding::gzip;
  for (const Named& named : codings) {
    if (!named.name.empty() && equals_ignoring_case(named.name, name)) return named.coding;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(ContentCoding coding) {
  return codings[static_cast<std::size_t>(coding)].name;
}
std::string_view suffix_of(ContentCoding coding) {
  return codings[static_cast<std::size_t>(coding)].suffix;
}

AcceptedCodings::AcceptedCodings(const FieldList& fields) {
  std::array<std::optional<unsigned>, content_coding_count> named;
  std::optional<unsigned> others;
  fields.for_each_element("Accept-Encoding", [&](std::string_view element) {
    const std::size_t end = std::min(element.find_first_of("; \t"), element.size());
    const std::string_view name = element.substr(0, end);
    const unsigned weight = weight_of(element.substr(end)).value_or(0);
    if (name == "*") {
      others = weight;
    } else if (const auto coding = coding_of(name)) {
      named[static_cast<std::size_t>(*coding)] = weight;
    }
    return true;
  });
  for (std::size_t i = 0; i < content_coding_count; ++i) {
    order_[i] = codings[i].coding;
    weights_[i] = named[i].value_or(others.value_or(0));
  }
  // Identity is accepted unless it is ruled out, but liked least.
  auto& identity = weights_[static_cast<std::size_t>(ContentCoding::identity)];
  if (!named.back() && !others) identity = 1;
  std::sort(order_.begin(), order_.end(), [&](ContentCoding a, ContentCoding b) {
    return weight(a) != weight(b) ? weight(a) > weight(b) : a < b;
  });
}

}  // namespace sundog::http
