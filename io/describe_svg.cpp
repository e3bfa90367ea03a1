#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/describe.hpp"

namespace sundog {
namespace {

std::string setting(const ParameterBase& parameter) {
  return "--" + std::string(parameter.name()) + "=" + parameter.value_text();
}

// Sizes in the drawing's own units; letters are of one width.
constexpr int letter_width = 8;
constexpr int row_height = 20;
constexpr int box_margin = 12;
constexpr int box_gap = 28;
constexpr int layer_gap = 48;
constexpr int border = 20;

constexpr std::string_view style =
    "<style>\n"
    "svg { color-scheme: light dark; background: #faf6ed }\n"
    "text { font: 13px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace;"
    " fill: #1d2330; text-anchor: middle }\n"
    ".name { font-weight: bold } .quiet { fill: #5a6172 }\n"
    "rect { fill: #fffdf8; stroke: #8d8471; stroke-width: 1.2 }\n"
    ".service { fill: #fbe7c3 } .platform { fill: #dfe7ee }\n"
    "path { fill: none; stroke: #5a6172; stroke-width: 1.4 } #tip { fill: #5a6172; stroke: none }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "svg { background: #0f1521 } text { fill: #e9e6dd } .quiet { fill: #a3abbc }\n"
    "rect { fill: #171f2e; stroke: #5c6a86 }\n"
    ".service { fill: #46381f } .platform { fill: #1f3147 }\n"
    "path { stroke: #a3abbc } #tip { fill: #a3abbc } }\n"
    "</style>\n"
    "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\""
    " markerHeight=\"8\" orient=\"auto-start-reverse\">"
    "<path id=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// Columns that a text takes: bytes that begin a character of UTF-8.
int text_columns(std::string_view text) {
  return static_cast<int>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

struct Row {
  std::string text;
  std::string_view style;
};

struct Box {
  const DeviceBase* device = nullptr;  // null: the service itself
  std::string_view style;
  std::vector<Row> rows;
  std::size_t layer = 0;
  int x = 0, y = 0, width = 0, height = 0;

  int middle() const noexcept { return x + width / 2; }
  void measure() {
    for (const Row& row : rows) width = std::max(width, text_columns(row.text) * letter_width);
    width += 2 * box_margin;
    height = static_cast<int>(rows.size()) * row_height + box_margin;
  }
};

std::string draw_box(const Box& box) {
  std::string svg = "<rect class=\"" + std::string(box.style) + "\" x=\"" + std::to_string(box.x) +
                    "\" y=\"" + std::to_string(box.y) + "\" width=\"" + std::to_string(box.width) +
                    "\" height=\"" + std::to_string(box.height) + "\" rx=\"6\"/>\n";
  int y = box.y + row_height;
  for (const Row& row : box.rows) {
    svg += "<text class=\"" + std::string(row.style) + "\" x=\"" + std::to_string(box.middle()) +
           "\" y=\"" + std::to_string(y) + "\">" + escaped(row.text) + "</text>\n";
    y += row_height;
  }
  return svg;
}

std::string draw_edge(int from_x, int from_y, int to_x, int to_y) {
  const std::string middle = std::to_string((from_y + to_y) / 2);
  const std::string start = std::to_string(from_x);
  const std::string end = std::to_string(to_x);
  return "<path marker-end=\"url(#arrow)\" d=\"M" + start + " " + std::to_string(from_y) + "C" +
         start + " " + middle + " " + end + " " + middle + " " + end + " " + std::to_string(to_y) +
         "\"/>\n";
}

// The service over its devices, in layers: a device stands below all that use it.
class Drawing {
 public:
  Drawing(const Configuration& configuration, std::string_view program, std::string_view platform)
      : configuration_(configuration) {
    add_service(program);
    for (const DeviceBase* device : configuration.devices()) add_device(*device);
    find_layers();
    for (Box& box : boxes_) box.measure();
    platform_.style = "platform";
    platform_.rows = {{std::string(platform), "quiet"}};
    platform_.measure();
    place();
  }

  std::string draw(std::string_view title) const {
    std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 " +
                      std::to_string(width_) + " " + std::to_string(height_) + "\" width=\"" +
                      std::to_string(width_) + "\" height=\"" + std::to_string(height_) + "\">\n" +
                      "<title>" + escaped(title) + "</title>\n";
    svg += style;
    for (const Box& box : boxes_) svg += edges_of(box);
    for (const Box& box : boxes_) svg += draw_box(box);
    return svg + draw_box(platform_) + "</svg>\n";
  }

 private:
  void add_service(std::string_view program) {
    Box box;
    box.style = "service";
    box.rows.push_back({std::string(program), "name"});
    for (const ParameterBase* parameter : configuration_.parameters()) {
      if (!used_by_device(*parameter)) box.rows.push_back({setting(*parameter), "quiet"});
    }
    boxes_.push_back(std::move(box));
  }

  void add_device(const DeviceBase& device) {
    Box box;
    box.device = &device;
    box.style = "device";
    box.rows.push_back(
        {std::string(device.name()) + ": " + std::string(device.concept_name()), ""});
    box.rows.push_back({std::string(device.implementation_name()), "name"});
    for (const ParameterBase* parameter : device.parameters()) {
      box.rows.push_back({setting(*parameter), "quiet"});
    }
    boxes_.push_back(std::move(box));
  }

  bool used_by_device(const ParameterBase& parameter) const {
    return std::ranges::any_of(configuration_.devices(), [&](const DeviceBase* device) {
      return std::ranges::count(device->parameters(), &parameter) > 0;
    });
  }
  bool used_by_device(const DeviceBase& wanted) const {
    return std::ranges::any_of(configuration_.devices(), [&](const DeviceBase* device) {
      return std::ranges::count(device->devices(), &wanted) > 0;
    });
  }
  Box& box_of(const DeviceBase* device) { return *std::ranges::find(boxes_, device, &Box::device); }

  // A device can only be made from devices declared before it, so that walking backwards sees users
  // first.
  void find_layers() {
    for (std::size_t index = boxes_.size(); index-- > 1;) {
      Box& box = boxes_[index];
      box.layer = std::max<std::size_t>(box.layer, 1);
      for (const DeviceBase* input : box.device->devices()) {
        box_of(input).layer = std::max(box_of(input).layer, box.layer + 1);
      }
      layer_count_ = std::max(layer_count_, box.layer + 1);
    }
  }

  std::vector<Box*> boxes_in(std::size_t layer) {
    std::vector<Box*> found;
    for (Box& box : boxes_) {
      if (box.layer == layer) found.push_back(&box);
    }
    return found;
  }

  // Where a box would best stand: in the middle below those that use it.
  int wanted_middle(const Box& box) const {
    int sum = 0;
    int count = 0;
    for (const Box& user : boxes_) {
      if (!uses(user, box)) continue;
      sum += user.middle();
      ++count;
    }
    return count == 0 ? 0 : sum / count;
  }

  // From left to right, each where it wants to be or else right of the one before.
  void place_layer(std::size_t layer) {
    std::vector<Box*> boxes = boxes_in(layer);
    if (layer > 1) {
      std::ranges::sort(boxes, {},
                        [&](const Box* box) { return std::pair(wanted_middle(*box), box); });
    }
    int x = layer > 1 ? std::numeric_limits<int>::min() : 0;
    int height = 0;
    for (Box* box : boxes) {
      if (layer > 1) x = std::max(x, wanted_middle(*box) - box->width / 2);
      box->x = x;
      x += box->width + box_gap;
      height = std::max(height, box->height);
    }
    // Boxes of a layer are of one height: it looks calmer, and arrows end on one line.
    for (Box* box : boxes) {
      box->y = height_;
      box->height = height;
    }
    height_ += height + layer_gap;
  }

  void place() {
    Box& service = boxes_.front();
    height_ = border + service.height + layer_gap;
    for (std::size_t layer = 1; layer < layer_count_; ++layer) place_layer(layer);
    service.y = border;
    if (const std::vector<Box*> used = boxes_in(1); !used.empty()) {
      service.x = (used.front()->middle() + used.back()->middle() - service.width) / 2;
    }

    int left = service.x;
    int right = service.x + service.width;
    for (const Box& box : boxes_) {
      left = std::min(left, box.x);
      right = std::max(right, box.x + box.width);
    }
    // The platform is as wide as all that stands on it, and more if its text needs it.
    const int spare = std::max(0, platform_.width - (right - left));
    for (Box& box : boxes_) box.x += border + spare / 2 - left;
    platform_.x = border;
    platform_.y = height_;
    platform_.width = right - left + spare;
    width_ = platform_.width + 2 * border;
    height_ += platform_.height + border;
  }

  bool uses(const Box& box, const Box& target) const {
    if (target.device == nullptr) return false;
    if (box.device == nullptr) return !used_by_device(*target.device);
    return std::ranges::count(box.device->devices(), target.device) > 0;
  }

  std::string edges_of(const Box& box) const {
    std::string svg;
    const auto add = [&](const Box& target) {
      svg += draw_edge(box.middle(), box.y + box.height, target.middle(), target.y - 2);
    };
    for (const Box& target : boxes_) {
      if (uses(box, target)) add(target);
    }
    if (svg.empty()) {
      svg = draw_edge(box.middle(), box.y + box.height, box.middle(), platform_.y - 2);
    }
    return svg;
  }

  const Configuration& configuration_;
  std::vector<Box> boxes_;
  Box platform_;
  std::size_t layer_count_ = 1;
  int width_ = 0;
  int height_ = 0;
};

}  // namespace

std::string describe_as_svg(const Configuration& configuration, std::string_view program,
                            std::string_view platform) {
  std::string title = "What " + std::string(program) + " is made of";
  return Drawing(configuration, program, platform).draw(title);
}

}  // namespace sundog
