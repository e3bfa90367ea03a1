// Disk: the files of a simulated host. A write is safe once it has been synced; when the power is
// cut, each write since then is there, is not there, or is there in part, as the seed decides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sundog/io/flow.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::sim {

class Host;

class Disk {
 public:
  explicit Disk(Host& host) noexcept : host_(host) {}

  // Up to `buffer.size()` bytes from `offset`; 0 at the file's end, and for a file that is not
  // there. Throws std::system_error: io_error.
  Task<std::size_t> read(std::string file, std::size_t offset, MutableBytes buffer);
  // Writes all bytes, makes the file as long as needed. Throws std::system_error: io_error; then
  // some may be written.
  Task<void> write(std::string file, std::size_t offset, Bytes bytes);
  // Returns when everything written to the file so far is safe. Throws std::system_error: io_error;
  // then it may not be.
  Task<void> sync(std::string file);

  // --- for calls and the host --------------------------------------------------------------------

  // What a call gives, bytes or a negated errno.
  std::optional<int> read_now(const std::string& file, std::size_t offset, MutableBytes buffer);
  std::optional<int> write_now(const std::string& file, std::size_t offset, Bytes bytes);
  std::optional<int> sync_now(const std::string& file);
  // What was not made durable may be lost.
  void power_cut();

 private:
  struct Write {
    std::size_t offset;
    std::vector<std::byte> bytes;
  };
  struct File {
    std::vector<std::byte> contents;
    std::vector<std::byte> synced;
    std::vector<Write> unsynced;
  };
  static void apply(std::vector<std::byte>& contents, std::size_t offset, Bytes bytes);

  Host& host_;
  std::map<std::string, File> files_;
};

}  // namespace sundog::sim
