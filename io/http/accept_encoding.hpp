// Content codings (RFC 9110 section 8.4.1), and which of them a client accepts (section 12.5.3).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sundog/io/http/fields.hpp"

namespace sundog::http {

// In the order in which a server prefers them where the client does not care: the one that makes
// pages smallest first.
enum class ContentCoding { brotli, zstd, gzip, identity };
inline constexpr std::size_t content_coding_count = 4;

// As the Content-Encoding field names it; empty for identity.
std::string_view name_of(ContentCoding coding);
// How a file is called that holds another one in this coding: ".gz"; empty for identity.
std::string_view suffix_of(ContentCoding coding);

// What a request accepts, in thousandths; 0: not at all. Without the field only identity is
// accepted: that is what clients mean which do not know of codings. What is malformed is not
// accepted.
class AcceptedCodings {
 public:
  explicit AcceptedCodings(const FieldList& fields);

  // How much the client likes this one.
  unsigned weight(ContentCoding coding) const { return weights_[static_cast<std::size_t>(coding)]; }
  // All four, those that the client likes best first, and of those that it likes alike in the
  // server's order. Those that it does not accept are among them: look at their weight.
  const std::array<ContentCoding, content_coding_count>& in_order() const { return order_; }

 private:
  std::array<unsigned, content_coding_count> weights_{};
  std::array<ContentCoding, content_coding_count> order_{};
};

}  // namespace sundog::http
