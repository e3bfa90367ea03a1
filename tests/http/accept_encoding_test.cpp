// Which codings a client accepts.
#include "sundog/io/http/accept_encoding.hpp"

#include <string>
#include <vector>

#include "tests/catch.hpp"

using namespace sundog::http;

namespace {

// The accepted ones by name, in order; identity as "-".
std::string accepted(const std::vector<std::string_view>& values) {
  FieldList fields;
  for (const std::string_view value : values) fields.add({"Accept-Encoding", value});
  const AcceptedCodings codings(fields);
  std::string text;
  for (const ContentCoding coding : codings.in_order()) {
    if (codings.weight(coding) == 0) continue;
    text += coding == ContentCoding::identity ? "-" : std::string(name_of(coding));
    text += ' ';
  }
  return text;
}

}  // namespace

TEST_CASE("the codings that a client accepts, the ones that it likes best first") {
  CHECK(accepted({}) == "- ");
  CHECK(accepted({""}) == "- ");
  CHECK(accepted({"gzip"}) == "gzip - ");
  CHECK(accepted({"GZip"}) == "gzip - ");
  CHECK(accepted({"x-gzip"}) == "gzip - ");
  CHECK(accepted({"gzip, deflate, br, zstd"}) == "br zstd gzip - ");
  CHECK(accepted({"gzip", "br"}) == "br gzip - ");
  CHECK(accepted({"br;q=0.5, gzip;q=0.8"}) == "gzip br - ");
  CHECK(accepted({"br ; q=0.5 , gzip ;q=1.000"}) == "gzip br - ");
  CHECK(accepted({"gzip;q=0"}) == "- ");
  CHECK(accepted({"gzip;q=0.000, br;q=0.001"}) == "br - ");
  CHECK(accepted({"identity"}) == "- ");
  CHECK(accepted({"gzip;q=0.5, identity"}) == "- gzip ");
  CHECK(accepted({"*"}) == "br zstd gzip - ");
  CHECK(accepted({"*;q=0.5, gzip"}) == "gzip br zstd - ");
  CHECK(accepted({"*;q=0"}) == "");
  CHECK(accepted({"identity;q=0"}) == "");
  CHECK(accepted({"gzip, *;q=0"}) == "gzip ");
}

TEST_CASE("a malformed weight accepts nothing") {
  for (const std::string_view weight :
       {"gzip;q=", "gzip;q=2", "gzip;q=1.001", "gzip;q=0.1234", "gzip;q=.5", "gzip;q=-1",
        "gzip;x=1", "gzip;q", "gzip q=1", "gzip;q=0,5x", "gzip;q=1e0", "gzip;"}) {
    CAPTURE(weight);
    CHECK(accepted({weight}) == "- ");
  }
}
