// Range requests (RFC 9110 section 14): which bytes of a representation are asked for. Overlapping
// and adjacent ranges are joined; when more than one remains, the answer is the whole
// representation with 200, as section 14.2 allows: browsers and download tools ask for one range,
// and multipart/byteranges has mainly served to make servers work hard for small requests.
#pragma once

#include <cstdint>
#include <string_view>

namespace sundog::http {

// `length` bytes from byte `first` on, counted from 0.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

// How a request with a Range is to be answered (RFC 9110 section 14.2).
enum class RangeAnswer {
  whole,          // ignore the field: 200
  part,           // `range`: 206 with Content-Range
  unsatisfiable,  // 416 with Content-Range: bytes */size
};

// `value`: the Range field. `size`: of the whole representation. Malformed fields and other units
// than bytes are ignored.
RangeAnswer select_range(std::string_view value, std::uint64_t size, ByteRange& range);

}  // namespace sundog::http
