#include "sundog/io/mutable_key_value.hpp"

#include <system_error>

#include "sundog/runtime/text/join_text.hpp"

namespace sundog {

void check_mutable_key(std::string_view key) {
  if (is_mutable_key(key)) return;
  throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                          join_text({"no store takes the key '", key.substr(0, key_bytes_max),
                                     "': keys are names parted by single '/'"}));
}

}  // namespace sundog
