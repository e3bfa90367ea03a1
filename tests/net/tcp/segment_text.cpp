#include "tests/net/tcp/segment_text.hpp"

#include <sstream>
#include <stdexcept>
#include <utility>

namespace sundog::test {
namespace {

using net::wire::Sequence;
using net::wire::TcpHeader;
using net::wire::TcpTimestamps;

std::uint32_t number(const std::string& text) {
  std::size_t used = 0;
  const long long value = std::stoll(text, &used);
  if (used != text.size()) throw std::invalid_argument("`" + text + "' is no number");
  return static_cast<std::uint32_t>(value);
}

std::pair<std::uint32_t, std::uint32_t> range(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::uint32_t start = number(text.substr(0, colon));
  return {start, colon == std::string::npos ? start : number(text.substr(colon + 1))};
}

void parse_flags(const std::string& text, TcpHeader& header) {
  for (const char letter : text) {
    switch (letter) {
      case 'F':
        header.flags.fin = true;
        break;
      case 'S':
        header.flags.syn = true;
        break;
      case 'R':
        header.flags.rst = true;
        break;
      case 'P':
        header.flags.psh = true;
        break;
      case '.':
        header.flags.ack = true;
        break;
      case 'U':
        header.flags.urg = true;
        break;
      case 'E':
        header.flags.ece = true;
        break;
      case 'W':
        header.flags.cwr = true;
        break;
      case '-':
        break;
      default:
        throw std::invalid_argument("no flag is called " + std::string(1, letter));
    }
  }
}

void parse_option(const std::string& text, Sequence other, SegmentText& segment) {
  std::istringstream words(text);
  std::string kind;
  words >> kind;
  std::string first;
  std::string second;
  words >> first >> second;
  auto& options = segment.header.options;
  if (kind == "mss") {
    options.segment_bytes_max = static_cast<std::uint16_t>(number(first));
  } else if (kind == "ws") {
    options.window_scale = static_cast<std::uint8_t>(number(first));
  } else if (kind == "sackok") {
    options.sack_permitted = true;
  } else if (kind == "ts" && first.empty()) {
    segment.any_timestamps = true;
  } else if (kind == "ts") {
    options.timestamps = TcpTimestamps{number(first), number(second)};
  } else if (kind == "nots") {
    segment.no_timestamps = true;
  } else if (kind == "nosack") {
    segment.no_sack = true;
  } else if (kind == "sack") {
    for (const std::string& block : {first, second}) {
      if (block.empty()) continue;
      const auto [start, end] = range(block);
      options.sack[options.sack_count++] = {other + start, other + end};
    }
    for (std::string more; words >> more;) {
      const auto [start, end] = range(more);
      options.sack[options.sack_count++] = {other + start, other + end};
    }
  } else {
    throw std::invalid_argument("no option is called " + kind);
  }
}

}  // namespace

SegmentText parse_segment_text(std::string_view text, Sequence own, Sequence other) {
  SegmentText segment;
  std::string rest(text);
  if (const std::size_t at = rest.find('<'); at != std::string::npos) {
    std::istringstream options(rest.substr(at + 1, rest.find('>', at) - at - 1));
    for (std::string option; std::getline(options, option, ',');) {
      parse_option(option, other, segment);
    }
    rest.resize(at);
  }
  std::istringstream words(rest);
  std::string flags;
  words >> flags;
  parse_flags(flags, segment.header);
  std::string place;
  words >> place;
  const auto [start, end] = range(place);
  segment.header.sequence = own + start;
  segment.payload_bytes = end - start;
  for (std::string word; words >> word;) {
    std::string value;
    if (!(words >> value)) throw std::invalid_argument("nothing behind " + word);
    if (word == "ack") {
      segment.header.acknowledgement = other + number(value);
      segment.has_acknowledgement = true;
    } else if (word == "win") {
      segment.header.window = static_cast<std::uint16_t>(number(value));
      segment.has_window = true;
    } else {
      throw std::invalid_argument("`" + word + "' is no part of a segment");
    }
  }
  return segment;
}

std::string print_segment(const TcpHeader& header, std::uint32_t payload_bytes, Sequence own,
                          Sequence other) {
  std::string text;
  const auto& flags = header.flags;
  if (flags.syn) text += 'S';
  if (flags.fin) text += 'F';
  if (flags.rst) text += 'R';
  if (flags.psh) text += 'P';
  if (flags.urg) text += 'U';
  if (flags.ece) text += 'E';
  if (flags.cwr) text += 'W';
  if (flags.ack) text += '.';
  const auto relative = [](Sequence place, Sequence start) {
    return std::to_string(place - start);
  };
  text += ' ' + relative(header.sequence, own);
  if (payload_bytes != 0) text += ':' + relative(header.sequence + payload_bytes, own);
  if (flags.ack) text += " ack " + relative(header.acknowledgement, other);
  text += " win " + std::to_string(header.window);
  const auto& options = header.options;
  std::string shown;
  if (options.segment_bytes_max) shown += ",mss " + std::to_string(*options.segment_bytes_max);
  if (options.sack_permitted) shown += ",sackok";
  if (options.timestamps) {
    shown += ",ts " + std::to_string(options.timestamps->value) + ' ' +
             std::to_string(options.timestamps->echo);
  }
  if (options.window_scale) shown += ",ws " + std::to_string(*options.window_scale);
  if (options.sack_count != 0) {
    shown += ",sack";
    for (const auto& block : options.sack_blocks()) {
      shown += ' ' + relative(block.start, other) + ':' + relative(block.end, other);
    }
  }
  if (!shown.empty()) text += " <" + shown.substr(1) + '>';
  return text;
}

}  // namespace sundog::test
