#include "sundog/io/http/framing.hpp"

#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {
namespace {

Refusal bad(std::string_view why) { return Refusal{Status::bad_request, why}; }

struct Codings {
  std::size_t count = 0;
  std::size_t chunked = 0;
  bool chunked_is_last = false;
};

Codings transfer_codings(const FieldList& fields) {
  Codings codings;
  fields.for_each_element("Transfer-Encoding", [&](std::string_view coding) {
    codings.chunked_is_last = equals_ignoring_case(coding, "chunked");
    codings.chunked += codings.chunked_is_last ? 1 : 0;
    ++codings.count;
    return true;
  });
  return codings;
}

std::optional<Refusal> check_version(const FieldList& fields, int version_minor) {
  if (fields.count("Transfer-Encoding") == 0) return std::nullopt;
  if (version_minor == 0) return bad(SUNDOG_PROBED("Transfer-Encoding in an HTTP/1.0 message"));
  return std::nullopt;
}

std::optional<Refusal> content_length(std::string_view text, Framing& framing) {
  const auto length = parse_decimal(text);
  if (!length) return bad(SUNDOG_PROBED("a Content-Length that is not a number"));
  framing = Framing{Framing::Kind::length, *length};
  return std::nullopt;
}

// A length that is said several times, in fields or in a list, if it is always the same.
std::optional<Refusal> repeated_content_length(const FieldList& fields, Framing& framing) {
  std::optional<Refusal> refusal = bad(SUNDOG_PROBED("a Content-Length that is empty"));
  std::optional<std::uint64_t> first;
  fields.for_each_element("Content-Length", [&](std::string_view element) {
    refusal = content_length(element, framing);
    if (!refusal && first && *first != framing.length)
      refusal = bad(SUNDOG_PROBED("Content-Lengths that differ"));
    first = framing.length;
    return !refusal;
  });
  return refusal;
}

}  // namespace

std::optional<Refusal> request_framing(const FieldList& fields, int version_minor,
                                       Framing& framing) {
  framing = Framing{};
  if (const auto refusal = check_version(fields, version_minor)) return refusal;
  if (fields.count("Transfer-Encoding") != 0) {
    if (fields.count("Content-Length") != 0)
      return bad(SUNDOG_PROBED("both Content-Length and Transfer-Encoding"));
    const Codings codings = transfer_codings(fields);
    if (!codings.chunked_is_last)
      return bad(SUNDOG_PROBED("a Transfer-Encoding that does not end in chunked"));
    if (codings.chunked > 1) return bad(SUNDOG_PROBED("chunked more than once"));
    if (codings.count > 1)
      return Refusal{Status::not_implemented,
                     SUNDOG_PROBED("a transfer coding other than chunked")};
    framing = Framing{Framing::Kind::chunked, 0};
    return std::nullopt;
  }
  if (fields.count("Content-Length") > 1) return bad(SUNDOG_PROBED("more than one Content-Length"));
  if (const auto length = fields.find("Content-Length")) return content_length(*length, framing);
  return std::nullopt;
}

std::optional<Refusal> response_framing(const FieldList& fields, int version_minor, Status status,
                                        bool to_head, Framing& framing) {
  framing = Framing{};
  if (to_head || is_bodiless(status)) return std::nullopt;
  if (const auto refusal = check_version(fields, version_minor)) return refusal;
  if (fields.count("Transfer-Encoding") != 0) {
    const Codings codings = transfer_codings(fields);
    if (codings.count != 1 || !codings.chunked_is_last)
      return bad(SUNDOG_PROBED("a transfer coding other than chunked"));
    framing = Framing{Framing::Kind::chunked, 0};
    return std::nullopt;
  }
  if (fields.count("Content-Length") != 0) return repeated_content_length(fields, framing);
  framing = Framing{Framing::Kind::until_close, 0};
  return std::nullopt;
}

}  // namespace sundog::http
