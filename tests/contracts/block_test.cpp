// The contract of Block, on every implementation, and what each promises beside it.
#include "tests/contracts/block.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "sundog/io/memory/block.hpp"
#include "sundog/io/sim/block.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/io/unix/file_block.hpp"
#include "tests/unix/each_poller.hpp"

using namespace sundog;

namespace {

namespace fs = std::filesystem;

struct InMemory {
  static constexpr bool persistent = false;
  void run(auto body) { sundog::run(body(*this)); }
  Task<MemoryBlock> open() { co_return MemoryBlock(contract::disk_sectors, sector_bytes); }
  std::uint32_t sector_bytes = 512;
};

// A file of the size of the disk, with holes only.
class ImageFile {
 public:
  explicit ImageFile(std::uint64_t bytes) {
    std::string pattern = (fs::temp_directory_path() / "sundog-disk-XXXXXX").string();
    const int file = ::mkstemp(pattern.data());
    REQUIRE(file >= 0);
    REQUIRE(::ftruncate(file, static_cast<off_t>(bytes)) == 0);
    ::close(file);
    path = pattern;
  }
  ~ImageFile() { fs::remove(path); }
  ImageFile(const ImageFile&) = delete;
  ImageFile& operator=(const ImageFile&) = delete;

  std::string path;
};

struct InFile {
  static constexpr bool persistent = true;
  void run(auto body) {
    test::on_each_poller([&] { return with_new_image(body); });
  }
  Task<void> with_new_image(auto body) {
    const ImageFile image(contract::disk_sectors * options.sector_bytes);
    path = image.path;
    co_await body(*this);
  }
  Task<FileBlock> open() { return FileBlock::connect(path, options); }
  FileBlockOptions options;
  std::string path;
};

struct Simulated {
  static constexpr bool persistent = true;
  void run(auto body) {
    sim::World world(seed, sim::FaultPlan());
    host = &world.add_host("host");
    host->start([&] { return body(*this); });
    world.run();
  }
  Task<sim::SimBlock> open() {
    co_return sim::SimBlock(*host, "data", contract::disk_sectors, 1024);
  }
  std::uint64_t seed = 0;
  sim::Host* host = nullptr;
};

Task<std::error_code> error_of_opening(std::string path, FileBlockOptions options = {}) {
  const auto open = [&]() -> Task<void> { co_await FileBlock::connect(path, options); };
  co_return co_await contract::error_of(open());
}

}  // namespace

TEST_CASE("a disk in memory keeps the contract of Block") { contract::block(InMemory()); }

TEST_CASE("a disk in memory of large sectors keeps the contract of Block") {
  contract::block(InMemory(4096));
}

TEST_CASE("a file keeps the contract of Block") { contract::block(InFile()); }

TEST_CASE("a file of large sectors keeps the contract of Block") {
  contract::block(InFile(FileBlockOptions(false, 4096)));
}

TEST_CASE("a simulated disk keeps the contract of Block") { contract::block(Simulated(1)); }

TEST_CASE("two do not write one file: the second is told that it is in use") {
  const ImageFile image(64 * 512);
  const auto in_use = std::errc::device_or_resource_busy;
  const auto use = [&]() -> Task<void> {
    {
      const FileBlock first = co_await FileBlock::connect(image.path);
      auto error = co_await error_of_opening(image.path);
      CHECK(error == in_use);
      error = co_await error_of_opening(image.path, FileBlockOptions(true));
      CHECK(error == in_use);
    }
    const FileBlock reader = co_await FileBlock::connect(image.path, FileBlockOptions(true));
    const FileBlock other = co_await FileBlock::connect(image.path, FileBlockOptions(true));
    CHECK(other.geometry().is_read_only);
    const auto error = co_await error_of_opening(image.path);
    CHECK(error == in_use);
  };
  test::on_each_poller(use);
}

TEST_CASE("what is no disk's image is refused, with a message that names it") {
  const ImageFile uneven(1000);
  const ImageFile odd(512 * 3);
  const auto use = [&]() -> Task<void> {
    auto error = co_await error_of_opening(uneven.path);
    CHECK(error == std::errc::invalid_argument);
    error = co_await error_of_opening(odd.path, FileBlockOptions(false, 1024));
    CHECK(error == std::errc::invalid_argument);
    error = co_await error_of_opening(odd.path);
    CHECK_FALSE(error);
    error = co_await error_of_opening(fs::temp_directory_path().string(), FileBlockOptions(true));
    CHECK(error == std::errc::invalid_argument);
    error = co_await error_of_opening(odd.path + ".none");
    CHECK(error == std::errc::no_such_file_or_directory);
  };
  run(use());
  CHECK_THROWS_WITH(run(FileBlock::connect(uneven.path)), Catch::Contains(uneven.path));
}

TEST_CASE("a disk that is opened for reading refuses every write") {
  const ImageFile image(64 * 512);
  const auto use = [&]() -> Task<void> {
    FileBlock disk = co_await FileBlock::connect(image.path, FileBlockOptions(true));
    const std::vector<std::byte> bytes(512);
    auto error = co_await contract::error_of(disk.write(0, Bytes(bytes)));
    CHECK(error == std::errc::read_only_file_system);
    error = co_await contract::error_of(disk.discard(0, 1));
    CHECK(error == std::errc::read_only_file_system);
    co_await disk.flush();
    const auto found = co_await contract::read_sectors(disk, 0, 64);
    CHECK(found.size() == 64 * 512);
  };
  test::on_each_poller(use);
}

TEST_CASE("a file that was cut short under a disk is an error, not bytes from nowhere") {
  const ImageFile image(64 * 512);
  const auto use = [&]() -> Task<void> {
    FileBlock disk = co_await FileBlock::connect(image.path);
    fs::resize_file(image.path, 512);
    std::vector<std::byte> bytes(2 * 512);
    const auto error = co_await contract::error_of(disk.read(0, MutableBytes(bytes)));
    CHECK(error == std::errc::io_error);
    fs::resize_file(image.path, 64 * 512);
  };
  test::on_each_poller(use);
}

TEST_CASE("after a power cut flushed sectors are as flushed, others one of their versions") {
  int old_count = 0;
  int new_count = 0;
  int torn_count = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    sim::World world(seed, sim::FaultPlan());
    sim::Host& host = world.add_host("host");
    int boots = 0;
    host.start([&]() -> Task<void> {
      sim::SimBlock disk(host, "data", 100);
      const BlockGeometry geometry = disk.geometry();
      const auto flushed = contract::sectors_of(geometry, 0, 100, 1);
      const auto later = contract::sectors_of(geometry, 0, 100, 2);
      if (++boots == 1) {
        co_await disk.write(0, Bytes(flushed));
        co_await disk.flush();
        co_await disk.write(40, Bytes(later).subspan(40 * 512, 20 * 512));
        world.after(Duration(0), [&] { host.cut_power(); });
        co_await sleep(std::chrono::hours(1));
      }
      const auto found = co_await contract::read_sectors(disk, 0, 100);
      for (std::size_t sector = 0; sector < 100; ++sector) {
        const auto is = [&](const auto& bytes) {
          return std::equal(found.begin() + static_cast<std::ptrdiff_t>(sector * 512),
                            found.begin() + static_cast<std::ptrdiff_t>(sector * 512 + 512),
                            bytes.begin() + static_cast<std::ptrdiff_t>(sector * 512));
        };
        const bool unflushed = sector >= 40 && sector < 60;
        if (!unflushed) CHECK(is(flushed));
        if (unflushed) ++(is(flushed) ? old_count : is(later) ? new_count : torn_count);
      }
    });
    world.run();
    CHECK(boots == 2);
  }
  CHECK(old_count > 100);
  CHECK(new_count > 100);
  CHECK(torn_count > 20);
}
