#include "sundog/io/http/conditions.hpp"

#include "sundog/io/http/date.hpp"
#include "sundog/io/http/entity_tag.hpp"

namespace sundog::http {
namespace {

template <class Equal>
bool lists_tag(const FieldList& fields, std::string_view name, std::string_view tag, Equal equal) {
  bool found = false;
  fields.for_each_element(name, [&](std::string_view element) {
    found = element == "*" || (!tag.empty() && equal(element, tag));
    return !found;
  });
  return found;
}

std::optional<std::int64_t> date_field(const FieldList& fields, std::string_view name) {
  if (fields.count(name) != 1) return std::nullopt;
  return parse_date(*fields.find(name));
}

// Steps 1 and 2 of section 13.2.2.
bool match_conditions_hold(const FieldList& fields, const Validators& validators) {
  if (fields.find("If-Match"))
    return lists_tag(fields, "If-Match", validators.entity_tag, strongly_equal);
  const auto date = date_field(fields, "If-Unmodified-Since");
  return !date || !validators.last_modified_s || *validators.last_modified_s <= *date;
}

}  // namespace

Condition evaluate_conditions(const RequestHead& request, const Validators& validators) {
  const FieldList& fields = request.fields;
  const bool is_retrieval = request.method == Method::get || request.method == Method::head;
  if (!match_conditions_hold(fields, validators)) return Condition::failed;
  if (fields.find("If-None-Match")) {
    if (!lists_tag(fields, "If-None-Match", validators.entity_tag, weakly_equal))
      return Condition::proceed;
    return is_retrieval ? Condition::not_modified : Condition::failed;
  }
  if (is_retrieval && validators.last_modified_s) {
    const auto date = date_field(fields, "If-Modified-Since");
    if (date && *validators.last_modified_s <= *date) return Condition::not_modified;
  }
  return Condition::proceed;
}

bool may_use_range(const RequestHead& request, const Validators& validators) {
  const auto if_range = request.fields.find("If-Range");
  if (!if_range) return true;
  if (strongly_equal(*if_range, validators.entity_tag)) return true;
  const auto date = parse_date(*if_range);
  return date && validators.last_modified_s && *date == *validators.last_modified_s;
}

}  // namespace sundog::http
