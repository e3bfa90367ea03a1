// Request methods (RFC 9110 section 9, and PATCH of RFC 5789).
#pragma once

#include <string_view>

namespace sundog::http {

// `other`: a well-formed method that is none of these; a server answers it with 501.
enum class Method { get, head, post, put, delete_, connect, options, trace, patch, other };

// Methods are case-sensitive: "get" is `other`.
constexpr Method method_from(std::string_view text) {
  if (text == "GET") return Method::get;
  if (text == "HEAD") return Method::head;
  if (text == "POST") return Method::post;
  if (text == "PUT") return Method::put;
  if (text == "DELETE") return Method::delete_;
  if (text == "CONNECT") return Method::connect;
  if (text == "OPTIONS") return Method::options;
  if (text == "TRACE") return Method::trace;
  if (text == "PATCH") return Method::patch;
  return Method::other;
}

// As in a request; empty for Method::other.
constexpr std::string_view name_of(Method method) {
  constexpr std::string_view names[] = {"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                        "CONNECT", "OPTIONS", "TRACE", "PATCH", ""};
  return names[static_cast<int>(method)];
}

// Whether the method gives a request's content a meaning, so that the client states its length even
// when there is none (RFC 9110 section 8.6).
constexpr bool expects_content(Method method) {
  return method == Method::post || method == Method::put || method == Method::patch;
}

}  // namespace sundog::http
