#include "sundog/io/net/wire/tcp_options.hpp"

#include "sundog/io/net/wire/fields.hpp"

namespace sundog::net::wire {
namespace {

// IANA, "TCP Option Kind Numbers".
constexpr std::uint8_t kind_end = 0;
constexpr std::uint8_t kind_nothing = 1;
constexpr std::uint8_t kind_segment_bytes_max = 2;
constexpr std::uint8_t kind_window_scale = 3;
constexpr std::uint8_t kind_sack_permitted = 4;
constexpr std::uint8_t kind_sack = 5;
constexpr std::uint8_t kind_timestamps = 8;

// Larger shifts count as this one (RFC 7323 section 2.3).
constexpr std::uint8_t window_scale_max = 14;
constexpr std::size_t sack_block_bytes = 8;

class Writer {
 public:
  explicit Writer(MutableBytes to) noexcept : to_(to) {}

  void byte(unsigned value) noexcept { write_u8(to_, at_++, value); }
  void two(std::uint32_t value) noexcept {
    write_u16(to_, at_, value);
    at_ += 2;
  }
  void four(std::uint32_t value) noexcept {
    write_u32(to_, at_, value);
    at_ += 4;
  }
  void option(std::uint8_t kind, std::size_t bytes) noexcept {
    byte(kind);
    byte(static_cast<unsigned>(bytes));
  }
  void nothing(std::size_t count) noexcept {
    for (; count != 0; --count) byte(kind_nothing);
  }

 private:
  MutableBytes to_;
  std::size_t at_ = 0;
};

void read_sack(Bytes body, TcpOptions& options) noexcept {
  if (body.size() % sack_block_bytes != 0) return;
  options.sack_count = 0;
  for (std::size_t at = 0; at < body.size() && options.sack_count < options.sack.size();
       at += sack_block_bytes) {
    options.sack[options.sack_count++] = {Sequence(read_u32(body, at)),
                                          Sequence(read_u32(body, at + 4))};
  }
}

void read_option(std::uint8_t kind, Bytes body, TcpOptions& options) noexcept {
  switch (kind) {
    case kind_segment_bytes_max:
      if (body.size() == 2) {
        options.segment_bytes_max = read_u16(body, 0);
      }
      break;
    case kind_window_scale:
      if (body.size() == 1) {
        const auto shift = read_u8(body, 0);
        options.window_scale = shift < window_scale_max ? shift : window_scale_max;
      }
      break;
    case kind_sack_permitted:
      if (body.empty()) options.sack_permitted = true;
      break;
    case kind_timestamps:
      if (body.size() == 8) {
        options.timestamps = TcpTimestamps{read_u32(body, 0), read_u32(body, 4)};
      }
      break;
    case kind_sack:
      read_sack(body, options);
      break;
    default:
      break;
  }
}

}  // namespace

std::size_t tcp_options_bytes(const TcpOptions& options) noexcept {
  std::size_t bytes = 0;
  if (options.segment_bytes_max) bytes += 4;
  if (options.timestamps) bytes += 12;
  // Stands where there would be padding before the timestamps.
  if (options.sack_permitted && !options.timestamps) bytes += 4;
  if (options.window_scale) bytes += 4;
  if (options.sack_count != 0) bytes += 4 + options.sack_count * sack_block_bytes;
  return bytes;
}

void write_tcp_options(const TcpOptions& options, MutableBytes to) noexcept {
  Writer writer(to);
  if (options.segment_bytes_max) {
    writer.option(kind_segment_bytes_max, 4);
    writer.two(*options.segment_bytes_max);
  }
  if (options.sack_permitted) {
    if (!options.timestamps) writer.nothing(2);
    writer.option(kind_sack_permitted, 2);
  } else if (options.timestamps) {
    writer.nothing(2);
  }
  if (options.timestamps) {
    writer.option(kind_timestamps, 10);
    writer.four(options.timestamps->value);
    writer.four(options.timestamps->echo);
  }
  if (options.window_scale) {
    writer.nothing(1);
    writer.option(kind_window_scale, 3);
    writer.byte(*options.window_scale);
  }
  if (options.sack_count != 0) {
    writer.nothing(2);
    writer.option(kind_sack, 2 + options.sack_count * sack_block_bytes);
    for (const SackBlock& block : options.sack_blocks()) {
      writer.four(block.start.number());
      writer.four(block.end.number());
    }
  }
}

TcpOptions parse_tcp_options(Bytes bytes) noexcept {
  TcpOptions options;
  while (!bytes.empty()) {
    const auto kind = std::to_integer<std::uint8_t>(bytes[0]);
    if (kind == kind_end) break;
    if (kind == kind_nothing) {
      bytes = bytes.subspan(1);
      continue;
    }
    if (bytes.size() < 2) break;
    const auto length = std::to_integer<std::size_t>(bytes[1]);
    if (length < 2 || length > bytes.size()) break;
    read_option(kind, bytes.subspan(2, length - 2), options);
    bytes = bytes.subspan(length);
  }
  return options;
}

}  // namespace sundog::net::wire
