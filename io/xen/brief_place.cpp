#include "sundog/io/brief_place.hpp"

#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/join_text.hpp"

namespace sundog {

std::string describe_briefly(const std::source_location& place) {
  return join_text({place.file_name(), ":", Decimal(place.line())});
}

}  // namespace sundog
