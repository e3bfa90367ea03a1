#include "sundog/io/sim/capture.hpp"

#include <array>

#include "sundog/io/net/device/pcapng.hpp"

namespace sundog::sim {
namespace {

void write(std::FILE* file, const std::string& block) {
  std::fwrite(block.data(), 1, block.size(), file);
}

}  // namespace

Capture::Capture(std::FILE* file) : file_(file) { write(file_, net::pcapng::section()); }

std::uint32_t Capture::interface_of(std::string_view link) {
  if (const auto known = interfaces_.find(link); known != interfaces_.end()) return known->second;
  const auto number = static_cast<std::uint32_t>(interfaces_.size());
  interfaces_.emplace(link, number);
  write(file_, net::pcapng::interface(link));
  return number;
}

void Capture::add(std::int64_t time_ns, std::string_view link, Bytes frame,
                  std::string_view comment) {
  const std::uint32_t interface = interface_of(link);
  const std::array<Bytes, 1> pieces = {frame};
  write(file_,
        net::pcapng::packet(interface, static_cast<std::uint64_t>(time_ns), pieces, comment));
}

}  // namespace sundog::sim
