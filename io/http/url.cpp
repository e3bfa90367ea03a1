#include "sundog/io/http/url.hpp"

#include "sundog/io/http/request_head.hpp"
#include "sundog/io/http/text.hpp"

namespace sundog::http {
namespace {

bool is_scheme_character(char c) {
  const char lower = to_lower(c);
  return (lower >= 'a' && lower <= 'z') || is(c, character::digit) || c == '+' || c == '-' ||
         c == '.';
}

// The scheme of RFC 3986 section 3.1 if the text begins with one and its colon, else nothing.
std::string_view scheme_of(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_scheme_character(text[end])) ++end;
  if (end == 0 || end == text.size() || text[end] != ':' || is(text[0], character::digit))
    return {};
  return text.substr(0, end);
}

std::string_view without_fragment(std::string_view text) { return text.substr(0, text.find('#')); }

// Sets host and port from host [":" port].
std::optional<UrlError> parse_authority(std::string_view authority, Url& url) {
  if (authority.find('@') != authority.npos)
    return UrlError{"user information in a URL is not supported"};
  if (authority.empty() || !is_authority(authority))
    return UrlError{"the URL's host or port is malformed"};
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
  const std::string_view host = authority.substr(0, colon);
  url.host = bracket == authority.npos ? host : host.substr(1, host.size() - 2);
  const auto port =
      colon == authority.npos ? std::nullopt : parse_decimal(authority.substr(colon + 1));
  url.port = static_cast<std::uint16_t>(port.value_or(80));
  if (url.port == 0) return UrlError{"the URL's port is 0"};
  return std::nullopt;
}

// RFC 3986 section 5.2.4, on the path alone.
std::string without_dot_segments(std::string_view path) {
  std::string result;
  while (!path.empty()) {
    const std::size_t end = path.find('/', 1);
    const std::string_view segment = path.substr(0, end);  // with its leading slash
    const bool last = end == path.npos;
    if (segment == "/..") {
      const std::size_t parent = result.rfind('/');
      result.resize(parent == result.npos ? 0 : parent);
      if (last) result += '/';
    } else if (segment == "/.") {
      if (last) result += '/';
    } else {
      result += segment;
    }
    path.remove_prefix(last ? path.size() : end);
  }
  return result;
}

// Sets the target from an absolute path (or nothing) and a query.
std::optional<UrlError> set_target(std::string_view path_and_query, Url& url) {
  if (!all_are(path_and_query, character::target)) {
    return UrlError{"the URL has a character that must be percent-encoded"};
  }
  const std::size_t question = path_and_query.find('?');
  std::string target = without_dot_segments(path_and_query.substr(0, question));
  if (target.empty()) target = "/";
  if (question != path_and_query.npos) target += path_and_query.substr(question);
  url.target = std::move(target);
  return std::nullopt;
}

std::optional<UrlError> parse_after_slashes(std::string_view rest, Url& url) {
  const std::size_t end = rest.find_first_of("/?");
  Url parsed;
  if (const auto error = parse_authority(rest.substr(0, end), parsed)) return error;
  if (const auto error =
          set_target(end == rest.npos ? std::string_view{} : rest.substr(end), parsed))
    return error;
  url = std::move(parsed);
  return std::nullopt;
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == host.npos ? host : '[' + host + ']';
  if (port != 80) text += ':' + std::to_string(port);
  return text;
}

std::optional<UrlError> parse_url(std::string_view text, Url& url) {
  const std::string_view scheme = scheme_of(text);
  if (equals_ignoring_case(scheme, "https"))
    return UrlError{"https is not supported: there is no TLS"};
  if (!equals_ignoring_case(scheme, "http")) return UrlError{"the URL does not begin with http://"};
  text = without_fragment(text.substr(scheme.size() + 1));
  if (!text.starts_with("//")) return UrlError{"the URL does not begin with http://"};
  return parse_after_slashes(text.substr(2), url);
}

namespace {

// Percent-encodes what may not stand in a URL, but control characters.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool encode = !is(c, character::target) && c != '#' && is(c, character::field_value);
    if (!encode) {
      encoded += c;
      continue;
    }
    encoded += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return encoded;
}

// As resolve_url(), of a reference that has only characters that may stand there.
std::optional<UrlError> resolve_encoded(const Url& base, std::string_view reference, Url& url) {
  if (!scheme_of(reference).empty()) return parse_url(reference, url);
  reference = without_fragment(reference);
  if (reference.starts_with("//")) return parse_after_slashes(reference.substr(2), url);
  Url resolved = base;
  const std::string_view base_path = std::string_view(base.target).substr(0, base.target.find('?'));
  std::string merged;
  if (reference.empty()) {
    merged = base.target;
  } else if (reference.front() == '/') {
    merged = reference;
  } else if (reference.front() == '?') {
    merged = base_path;
    merged += reference;
  } else {
    merged = base_path.substr(0, base_path.rfind('/') + 1);
    merged += reference;
  }
  if (const auto error = set_target(merged, resolved)) return error;
  url = std::move(resolved);
  return std::nullopt;
}

}  // namespace

std::optional<UrlError> resolve_url(const Url& base, std::string_view reference, Url& url) {
  return resolve_encoded(base, percent_encoded(reference), url);
}

}  // namespace sundog::http
