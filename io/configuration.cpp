#include "sundog/io/configuration.hpp"

#include <algorithm>

namespace sundog {
namespace {

bool part_is_made_from(const Configuration& parts, const DeviceBase& input) {
  return std::ranges::any_of(parts.devices(), [&](const DeviceBase* part) {
    return std::ranges::count(part->devices(), &input) > 0;
  });
}

bool part_is_made_from(const Configuration& parts, const ParameterBase& input) {
  return std::ranges::any_of(parts.devices(), [&](const DeviceBase* part) {
    return std::ranges::count(part->parameters(), &input) > 0;
  });
}

std::string_view keep_name(std::forward_list<std::string>& names, std::string_view device_name,
                           std::string_view name) {
  return names.emplace_front(std::string(device_name).append("-").append(name));
}

}  // namespace

DeviceBase::DeviceBase(Configuration& configuration, std::string_view name,
                       std::string_view concept_name, std::string_view implementation_name)
    : name_(name), concept_name_(concept_name), implementation_name_(implementation_name) {
  configuration.devices_.push_back(this);
}

void DeviceBase::note_parts(const Configuration& parts) {
  for (const DeviceBase* part : parts.devices()) {
    if (!part_is_made_from(parts, *part)) devices_.push_back(part);
  }
  for (const ParameterBase* part : parts.parameters()) {
    if (!part_is_made_from(parts, *part)) parameters_.push_back(part);
  }
}

void Configuration::adopt(Configuration& parts, std::string_view device_name,
                          std::forward_list<std::string>& names) {
  for (ParameterBase* parameter : parts.parameters()) {
    Parameters::adopt(*parameter, keep_name(names, device_name, parameter->name()));
  }
  for (DeviceBase* device : parts.devices_) {
    device->name_ = keep_name(names, device_name, device->name());
    devices_.push_back(device);
  }
}

}  // namespace sundog
