#include "sundog/io/http/error.hpp"

namespace sundog::http {
namespace {

class FetchErrorCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "http"; }
  std::string message(int value) const override {
    switch (static_cast<FetchError>(value)) {
      case FetchError::unsupported_url:
        return "the URL cannot be fetched";
      case FetchError::malformed_response:
        return "the server's response is malformed";
      case FetchError::response_cut_short:
        return "the connection ended before the response";
      case FetchError::response_too_large:
        return "the response is larger than allowed";
      case FetchError::too_many_redirects:
        return "the server redirects too often";
    }
    return "unknown error";
  }
};

}  // namespace

const std::error_category& fetch_error_category() noexcept {
  static const FetchErrorCategory category;
  return category;
}

}  // namespace sundog::http
