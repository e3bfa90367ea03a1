#include "sundog/io/brief_place.hpp"

#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/function_name.hpp"
#include "sundog/runtime/text/join_text.hpp"

namespace sundog {

std::string describe_briefly(const std::source_location& place) {
  const ShortFunctionName function(place.function_name());
  return join_text({place.file_name(), ":", Decimal(place.line()), " in `", function.text(), "'"});
}

}  // namespace sundog
