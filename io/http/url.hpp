// Url: an http URL (RFC 3986, RFC 9110 section 4.2.1) for the client, and how a redirect's
// reference is resolved against it. http only: there is no TLS here, and https is refused by name
// instead of being spoken in the clear.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sundog::http {

struct Url {
  std::string host;  // as in the URL, an IP literal without its brackets
  std::uint16_t port = 80;
  std::string target;  // path and query, never empty, without the fragment

  // What goes into Host: brackets around an IPv6 address, the port only when it is not 80.
  std::string authority() const;
};

// Why a text is no URL that can be fetched: one English clause with static storage.
struct UrlError {
  std::string_view why;
};

// On success nothing is returned and `url` is set; else `url` is unchanged.
std::optional<UrlError> parse_url(std::string_view text, Url& url);

// `reference`: a URL, or relative to `base` (RFC 3986 section 5.2), as Location carries it. `url`
// may be `base`. Spaces, UTF-8 and other visible characters that a URL must not hold are
// percent-encoded, as browsers do; control characters are refused.
std::optional<UrlError> resolve_url(const Url& base, std::string_view reference, Url& url);

}  // namespace sundog::http
