#include "sundog/io/describe.hpp"

#include <algorithm>

namespace sundog {
namespace {

std::string made_from(const DeviceBase& device) {
  std::string text;
  const auto add = [&](const std::string& input) {
    text.append(text.empty() ? "from " : ", ").append(input);
  };
  for (const DeviceBase* input : device.devices()) add(std::string(input->name()));
  for (const ParameterBase* input : device.parameters()) add("--" + std::string(input->name()));
  return text;
}

// A column as wide as its longest entry.
class Column {
 public:
  void measure(std::string_view entry) noexcept { width_ = std::max(width_, entry.size()); }
  std::string fill(std::string_view entry) const {
    return std::string(entry).append(width_ - entry.size() + 3, ' ');
  }

 private:
  std::size_t width_ = 0;
};

std::string device_table(const Configuration& configuration) {
  Column name, concept_name, implementation;
  for (const DeviceBase* device : configuration.devices()) {
    name.measure(device->name());
    concept_name.measure(device->concept_name());
    implementation.measure(device->implementation_name());
  }
  std::string table;
  for (const DeviceBase* device : configuration.devices()) {
    std::string row = "  " + name.fill(device->name()) + concept_name.fill(device->concept_name()) +
                      implementation.fill(device->implementation_name()) + made_from(*device);
    row.resize(row.find_last_not_of(' ') + 1);
    table += row + "\n";
  }
  return table;
}

}  // namespace

std::string describe_as_text(const Configuration& configuration, std::string_view program,
                             std::string_view platform) {
  std::string text = std::string(program) + "\n";
  if (!configuration.summary().empty()) text.append(configuration.summary()).append("\n");
  text.append("\nplatform\n  ").append(platform).append("\n\ndevices\n");
  text += configuration.devices().empty() ? "  none\n" : device_table(configuration);
  text += "\nparameters\n";
  text += configuration.parameters().empty() ? "  none of its own\n"
                                             : describe_parameters(configuration);
  return text;
}

}  // namespace sundog
