#include "sundog/io/sim/capture.hpp"

namespace sundog::sim {
namespace {

// Block types and options of the format (its sections 4 and 3.5).
constexpr std::uint32_t section_header_block = 0x0A0D0D0A;
constexpr std::uint32_t interface_description_block = 1;
constexpr std::uint32_t enhanced_packet_block = 6;
constexpr std::uint32_t byte_order_magic = 0x1A2B3C4D;
constexpr std::uint16_t link_type_ethernet = 1;
constexpr std::uint16_t option_end = 0;
constexpr std::uint16_t option_comment = 1;
constexpr std::uint16_t option_interface_name = 2;
constexpr std::uint16_t option_time_resolution = 9;
constexpr char nanoseconds = 9;  // ten to the power of minus nine

// One block, in little-endian order on every machine, so that the same seed gives the same file.
class Block {
 public:
  void u16(std::uint16_t value) {
    bytes_.push_back(static_cast<char>(value));
    bytes_.push_back(static_cast<char>(value >> 8));
  }
  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value));
    u16(static_cast<std::uint16_t>(value >> 16));
  }
  // Padded to whole words.
  void text(std::string_view text) {
    bytes_.append(text);
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
  }
  void option(std::uint16_t code, std::string_view value) {
    u16(code);
    u16(static_cast<std::uint16_t>(value.size()));
    text(value);
  }
  void write(std::uint32_t type, std::FILE* file) const {
    constexpr std::size_t frame_bytes = 12;
    const auto length = static_cast<std::uint32_t>(bytes_.size() + frame_bytes);
    Block frame;
    frame.u32(type);
    frame.u32(length);
    frame.bytes_ += bytes_;
    frame.u32(length);
    std::fwrite(frame.bytes_.data(), 1, frame.bytes_.size(), file);
  }

 private:
  std::string bytes_;
};

}  // namespace

Capture::Capture(std::FILE* file) : file_(file) {
  Block section;
  section.u32(byte_order_magic);
  section.u16(1);  // version 1.0
  section.u16(0);
  section.u32(UINT32_MAX);  // the section's length is not said
  section.u32(UINT32_MAX);
  section.write(section_header_block, file_);
}

std::uint32_t Capture::interface_of(std::string_view link) {
  if (const auto known = interfaces_.find(link); known != interfaces_.end()) return known->second;
  const auto number = static_cast<std::uint32_t>(interfaces_.size());
  interfaces_.emplace(link, number);
  Block description;
  description.u16(link_type_ethernet);
  description.u16(0);
  description.u32(0);  // packets are never cut
  description.option(option_interface_name, link);
  description.option(option_time_resolution, std::string_view(&nanoseconds, 1));
  description.option(option_end, {});
  description.write(interface_description_block, file_);
  return number;
}

void Capture::add(std::int64_t time_ns, std::string_view link, Bytes frame,
                  std::string_view comment) {
  const auto time = static_cast<std::uint64_t>(time_ns);
  const auto size = static_cast<std::uint32_t>(frame.size());
  Block block;
  block.u32(interface_of(link));
  block.u32(static_cast<std::uint32_t>(time >> 32));
  block.u32(static_cast<std::uint32_t>(time));
  block.u32(size);
  block.u32(size);
  block.text({reinterpret_cast<const char*>(frame.data()), frame.size()});
  if (!comment.empty()) {
    block.option(option_comment, comment);
    block.option(option_end, {});
  }
  block.write(enhanced_packet_block, file_);
}

}  // namespace sundog::sim
