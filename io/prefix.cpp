#include "sundog/io/prefix.hpp"

namespace sundog {

std::string Prefix::to_string() const {
  return address_.to_string() + "/" + std::to_string(length_bits_);
}

}  // namespace sundog
