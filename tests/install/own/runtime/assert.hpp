// The outside program's own header, which must not take the place of Sundog's assertions.
#pragma once

namespace own {
inline constexpr int checked = 2;
}
