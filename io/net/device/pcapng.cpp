#include "sundog/io/net/device/pcapng.hpp"

#include <cstddef>
#include <utility>

namespace sundog::net::pcapng {
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
  void text(std::string_view text) { bytes_.append(text); }
  // To whole words.
  void pad() { bytes_.resize((bytes_.size() + 3) / 4 * 4); }
  void option(std::uint16_t code, std::string_view value) {
    u16(code);
    u16(static_cast<std::uint16_t>(value.size()));
    text(value);
    pad();
  }
  std::string of_type(std::uint32_t type) const {
    constexpr std::size_t frame_bytes = 12;
    const auto length = static_cast<std::uint32_t>(bytes_.size() + frame_bytes);
    Block frame;
    frame.u32(type);
    frame.u32(length);
    frame.bytes_ += bytes_;
    frame.u32(length);
    return std::move(frame.bytes_);
  }

 private:
  std::string bytes_;
};

}  // namespace

std::string section() {
  Block block;
  block.u32(byte_order_magic);
  block.u16(1);  // version 1.0
  block.u16(0);
  block.u32(UINT32_MAX);  // the section's length is not said
  block.u32(UINT32_MAX);
  return block.of_type(section_header_block);
}

std::string interface(std::string_view name) {
  Block block;
  block.u16(link_type_ethernet);
  block.u16(0);
  block.u32(0);  // packets are never cut
  block.option(option_interface_name, name);
  block.option(option_time_resolution, std::string_view(&nanoseconds, 1));
  block.option(option_end, {});
  return block.of_type(interface_description_block);
}

std::string packet(std::uint32_t interface, std::uint64_t time_ns, std::span<const Bytes> frame,
                   std::string_view comment) {
  std::size_t size = 0;
  for (const Bytes piece : frame) size += piece.size();
  Block block;
  block.u32(interface);
  block.u32(static_cast<std::uint32_t>(time_ns >> 32));
  block.u32(static_cast<std::uint32_t>(time_ns));
  block.u32(static_cast<std::uint32_t>(size));
  block.u32(static_cast<std::uint32_t>(size));
  for (const Bytes piece : frame) {
    block.text({reinterpret_cast<const char*>(piece.data()), piece.size()});
  }
  block.pad();
  if (!comment.empty()) {
    block.option(option_comment, comment);
    block.option(option_end, {});
  }
  return block.of_type(enhanced_packet_block);
}

}  // namespace sundog::net::pcapng
