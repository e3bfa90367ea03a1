#include "sundog/io/resolver.hpp"

#include <algorithm>

namespace sundog {
namespace {

class ResolverCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "resolver"; }
  std::string message(int code) const override {
    switch (static_cast<ResolveError>(code)) {
      case ResolveError::name_not_found:
        return "there is no such name";
      case ResolveError::no_address:
        return "the name has no address";
      case ResolveError::try_again:
        return "no name server answers now; try again later";
      case ResolveError::server_failed:
        return "the name servers cannot answer, or refuse to";
      case ResolveError::malformed_name:
        return "no host name can look like this";
    }
    return "unknown resolver error";
  }
};

// RFC 1035 section 2.3.4, without the length bytes and the root.
constexpr std::size_t name_bytes_max = 253;
constexpr std::size_t label_bytes_max = 63;

}  // namespace

const std::error_category& resolver_category() noexcept {
  static const ResolverCategory category;
  return category;
}

std::error_code make_error_code(ResolveError error) noexcept {
  return {static_cast<int>(error), resolver_category()};
}

bool is_name(std::string_view text) noexcept {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > name_bytes_max) return false;
  std::size_t label_bytes = 0;
  for (const char c : text) {
    if (c == '.') {
      if (label_bytes == 0) return false;
      label_bytes = 0;
      continue;
    }
    const bool is_visible = static_cast<unsigned char>(c) > ' ' && c != '\x7f';
    if (!is_visible || ++label_bytes > label_bytes_max) return false;
  }
  return label_bytes > 0;
}

}  // namespace sundog
