// What can go wrong with a fetch beside the flow's own errors: codes for std::system_error.
//
//   try {
//     response = co_await fetch(connect, url);
//   } catch (const std::system_error& error) {
//     if (error.code() == FetchError::too_many_redirects) { ... }
//   }
#pragma once

#include <system_error>

namespace sundog::http {

// Which of them it was.
enum class FetchError {
  unsupported_url = 1,
  malformed_response,
  response_cut_short,
  response_too_large,
  too_many_redirects,
};

// For comparisons with the code of a caught std::system_error.
const std::error_category& fetch_error_category() noexcept;

// For std::error_code, which finds it.
inline std::error_code make_error_code(FetchError error) noexcept {
  return {static_cast<int>(error), fetch_error_category()};
}

}  // namespace sundog::http

template <>
struct std::is_error_code_enum<sundog::http::FetchError> : std::true_type {};
