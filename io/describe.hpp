// What a service is made of, for people: `--describe` and `--describe=svg` (./sundog describe
// EXAMPLE [--svg]).
#pragma once

#include <string>
#include <string_view>

#include "sundog/io/configuration.hpp"

namespace sundog {

// Devices with concept, implementation and what they are made from; parameters with their defaults;
// the platform.
std::string describe_as_text(const Configuration& configuration, std::string_view program,
                             std::string_view platform);

// The same as a drawing (SVG 1.1): the service above the devices it uses, these above those they
// are made from, all on the platform. It follows the reader's light or dark colour scheme and needs
// nothing from outside.
std::string describe_as_svg(const Configuration& configuration, std::string_view program,
                            std::string_view platform);

}  // namespace sundog
