#include "sundog/io/http/folder_listing.hpp"

#include "sundog/io/http/text.hpp"
#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/join_text.hpp"

namespace sundog::http {
namespace {

void append_escaped(std::string& page, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        page += "&amp;";
        break;
      case '<':
        page += "&lt;";
        break;
      case '>':
        page += "&gt;";
        break;
      case '"':
        page += "&quot;";
        break;
      case '\'':
        page += "&#39;";
        break;
      default:
        page += c;
    }
  }
}

// All but what RFC 3986 section 2.3 leaves as it is: then a name with a colon is no scheme, and one
// with a question mark no query.
void append_encoded(std::string& page, std::string_view name) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : name) {
    const bool letter = (to_lower(c) >= 'a' && to_lower(c) <= 'z') || is(c, character::digit);
    if (letter || c == '-' || c == '.' || c == '_' || c == '~') {
      page += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      page += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
}

}  // namespace

std::string folder_listing(std::string_view key, const std::vector<ListedName>& names) {
  std::string page = "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>/";
  append_escaped(page, key);
  page += "</title></head>\n<body><h1>/";
  append_escaped(page, key);
  page += "</h1>\n<ul>\n";
  if (!key.empty()) page += "<li><a href=\"../\">../</a></li>\n";
  for (const bool folders : {true, false}) {
    for (const ListedName& listed : names) {
      if (listed.is_folder != folders) continue;
      const std::string_view slash = folders ? "/" : "";
      page += "<li><a href=\"";
      append_encoded(page, listed.name);
      append_text(page, {slash, "\">"});
      append_escaped(page, listed.name);
      append_text(page, {slash, "</a>"});
      if (!folders) append_text(page, {" ", Decimal(listed.size), " bytes"});
      page += "</li>\n";
    }
  }
  return page += "</ul></body></html>\n";
}

}  // namespace sundog::http
