#include "sundog/io/sim/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "sundog/io/sim/operation.hpp"
#include "sundog/io/sim/world.hpp"

namespace sundog::sim {
namespace {

// One call on a file; what it does is a function of the disk.
template <class Function>
class FileOperation final : public Operation {
 public:
  FileOperation(Host& host, std::string_view name, Function function)
      : Operation(host), name_(name), function_(std::move(function)) {}

 private:
  std::string_view name() const noexcept override { return name_; }
  std::uint64_t object() const noexcept override { return 0; }
  std::optional<int> attempt() override { return function_(); }
  void withdraw() noexcept override {}

  std::string_view name_;
  Function function_;
};

}  // namespace

void Disk::apply(std::vector<std::byte>& contents, std::size_t offset, Bytes bytes) {
  contents.resize(std::max(contents.size(), offset + bytes.size()));
  std::copy(bytes.begin(), bytes.end(), contents.begin() + static_cast<std::ptrdiff_t>(offset));
}

std::optional<int> Disk::read_now(const std::string& file, std::size_t offset,
                                  MutableBytes buffer) {
  World& world = host_.world();
  if (world.strikes(Fault::disk_error)) return -EIO;
  const auto place = files_.find(file);
  if (place == files_.end() || offset >= place->second.contents.size()) return 0;
  const auto& contents = place->second.contents;
  std::size_t count = std::min(buffer.size(), contents.size() - offset);
  if (count > 1 && world.strikes(Fault::short_read)) count = world.prng().between(1, count);
  std::copy_n(contents.begin() + static_cast<std::ptrdiff_t>(offset), count, buffer.begin());
  return static_cast<int>(count);
}

std::optional<int> Disk::write_now(const std::string& file, std::size_t offset, Bytes bytes) {
  World& world = host_.world();
  if (world.strikes(Fault::disk_error)) return -EIO;
  std::size_t count = bytes.size();
  if (count > 1 && world.strikes(Fault::short_write)) count = world.prng().between(1, count);
  const Bytes written = bytes.first(count);
  File& target = files_[file];
  apply(target.contents, offset, written);
  target.unsynced.push_back(Write(offset, std::vector<std::byte>(written.begin(), written.end())));
  return static_cast<int>(count);
}

std::optional<int> Disk::sync_now(const std::string& file) {
  if (host_.world().strikes(Fault::disk_error)) return -EIO;
  File& target = files_[file];
  target.synced = target.contents;
  target.unsynced.clear();
  return 0;
}

void Disk::power_cut() {
  Prng& prng = host_.world().prng();
  enum Fate : std::uint64_t { lost, torn, kept, fate_count };
  for (auto& [name, file] : files_) {
    for (Write& write : file.unsynced) {
      const std::uint64_t fate = prng.below(fate_count);
      if (fate == lost || write.bytes.empty()) continue;
      if (fate == torn) write.bytes.resize(prng.below(write.bytes.size()));
      apply(file.synced, write.offset, write.bytes);
    }
    file.unsynced.clear();
    file.contents = file.synced;
  }
}

Task<std::size_t> Disk::read(std::string file, std::size_t offset, MutableBytes buffer) {
  const auto attempt = [&] { return read_now(file, offset, buffer); };
  for (;;) {
    const int result = co_await FileOperation(host_, "read", attempt);
    if (result >= 0) co_return static_cast<std::size_t>(result);
    if (!try_once_more(result)) throw_error(result, "read");
  }
}

Task<void> Disk::write(std::string file, std::size_t offset, Bytes bytes) {
  const auto attempt = [&] { return write_now(file, offset, bytes); };
  while (!bytes.empty()) {
    const int result = co_await FileOperation(host_, "write", attempt);
    if (result >= 0) {
      offset += static_cast<std::size_t>(result);
      bytes = bytes.subspan(static_cast<std::size_t>(result));
    } else if (!try_once_more(result)) {
      throw_error(result, "write");
    }
  }
}

Task<void> Disk::sync(std::string file) {
  const auto attempt = [&] { return sync_now(file); };
  for (;;) {
    const int result = co_await FileOperation(host_, "sync", attempt);
    if (result >= 0) co_return;
    if (!try_once_more(result)) throw_error(result, "sync");
  }
}

}  // namespace sundog::sim
