// The outside program's own header, which Sundog must not take for its io/flow.hpp.
#pragma once

namespace own {
inline constexpr int flow = 1;
}
