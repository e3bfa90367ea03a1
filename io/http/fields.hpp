// FieldList: the field lines of one message (RFC 9110 section 5), in the order received, as views
// into the buffer that they were received in: valid as long as that buffer's bytes stay. Up to
// field_count_max it never allocates; who finds heads keeps them as short as it wants them
// (HeadLimits).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sundog/io/http/limits.hpp"
#include "sundog/io/http/text.hpp"

namespace sundog::http {

// A field of a head, as views into the bytes that it was parsed from.
struct Field {
  // As it came, capital letters too.
  std::string_view name;
  std::string_view value;  // without white space at its ends
};

class FieldList {
 public:
  std::size_t size() const { return size_; }
  // In the order in which they came.
  std::span<const Field> all() const {
    return many_.empty() ? std::span<const Field>(fields_.data(), size_) : many_;
  }
  // Forgets all fields.
  void clear() {
    size_ = 0;
    many_.clear();
  }

  // Throws std::bad_alloc, for more than field_count_max.
  void add(Field field) {
    if (size_ < fields_.size()) {
      fields_[size_] = field;
    } else {
      if (many_.empty()) many_.assign(fields_.begin(), fields_.end());
      many_.push_back(field);
    }
    ++size_;
  }

  // The first field of that name, whatever its case.
  std::optional<std::string_view> find(std::string_view name) const {
    for (const Field& field : all()) {
      if (equals_ignoring_case(field.name, name)) return field.value;
    }
    return std::nullopt;
  }

  // How many fields have that name, whatever its case.
  std::size_t count(std::string_view name) const {
    std::size_t count = 0;
    for (const Field& field : all()) count += equals_ignoring_case(field.name, name) ? 1 : 0;
    return count;
  }

  // Calls visit(element) for each element of the comma list that all fields of that name make
  // together (RFC 9110 section 5.3), until it returns false.
  template <class Visit>
  void for_each_element(std::string_view name, Visit visit) const {
    for (const Field& field : all()) {
      if (!equals_ignoring_case(field.name, name)) continue;
      ListElements elements(field.value);
      while (const auto element = elements.next()) {
        if (!visit(*element)) return;
      }
    }
  }

  // Whether the comma list of that name has this word, whatever its case: `has_word("Connection",
  // "close")`.
  bool has_word(std::string_view name, std::string_view word) const {
    bool found = false;
    for_each_element(name, [&](std::string_view element) {
      found = equals_ignoring_case(element, word);
      return !found;
    });
    return found;
  }

 private:
  std::array<Field, field_count_max> fields_;
  std::vector<Field> many_;  // all of them, when there are more
  std::size_t size_ = 0;
};

}  // namespace sundog::http
