#include "sundog/io/unix/kept_files.hpp"

#include <memory>
#include <string>
#include <vector>

#include "tests/catch.hpp"

using namespace sundog;

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t changed_ns = 1000 * second_ns;
constexpr std::int64_t settled_ns = changed_ns + 2 * second_ns;

FileVersion version(std::uint64_t inode) {
  FileVersion version;
  version.inode = inode;
  version.modified_ns = changed_ns - second_ns;
  version.changed_ns = changed_ns;
  return version;
}

KeptFiles::Contents contents(std::size_t size) {
  return std::make_shared<const FileContents>(std::vector<std::byte>(size), Digest(), 0);
}

}  // namespace

TEST_CASE("what was kept is found again as long as nothing of the file's version has changed") {
  KeptFiles kept;
  const auto page = contents(10);
  kept.keep("page", version(1), settled_ns, page);
  CHECK(kept.find("page", version(1)) == page);
  CHECK(kept.find("other", version(1)) == nullptr);

  const auto without = [&](auto change) {
    FileVersion changed = version(1);
    change(changed);
    return kept.find("page", changed) == nullptr;
  };
  CHECK(without([](FileVersion& v) { ++v.device; }));
  CHECK(without([](FileVersion& v) { ++v.inode; }));
  CHECK(without([](FileVersion& v) { ++v.size_bytes; }));
  CHECK(without([](FileVersion& v) { ++v.modified_ns; }));
  CHECK(without([](FileVersion& v) { ++v.changed_ns; }));
}

TEST_CASE("a file that was changed shortly before it was read is not kept") {
  KeptFiles kept;
  kept.keep("page", version(1), settled_ns - 1, contents(10));
  CHECK(kept.count() == 0);
  FileVersion from_the_future = version(1);
  from_the_future.changed_ns = settled_ns + second_ns;
  kept.keep("page", from_the_future, settled_ns, contents(10));
  CHECK(kept.count() == 0);
  CHECK(kept.bytes() == 0);
}

TEST_CASE("a new version takes the place of the old one, or of nothing if it may not be kept") {
  KeptFiles kept;
  kept.keep("page", version(1), settled_ns, contents(10));
  const std::size_t bytes = kept.bytes();
  const auto newer = contents(11);
  kept.keep("page", version(2), settled_ns, newer);
  CHECK(kept.count() == 1);
  CHECK(kept.bytes() == bytes + 1);
  CHECK(kept.find("page", version(1)) == nullptr);
  CHECK(kept.find("page", version(2)) == newer);
  kept.keep("page", version(3), changed_ns, contents(12));
  CHECK(kept.count() == 0);
  CHECK(kept.bytes() == 0);
}

TEST_CASE("the file that nobody asked for longest goes when there is no room") {
  KeptFiles kept;
  constexpr std::size_t size = KeptFiles::file_bytes_max;
  constexpr std::size_t fit = KeptFiles::bytes_max / (size + KeptFiles::bookkeeping_bytes + 8);
  const auto first = contents(size);
  for (std::size_t i = 0; i < fit; ++i) {
    kept.keep("page" + std::to_string(i), version(i), settled_ns, i == 0 ? first : contents(size));
  }
  CHECK(kept.count() == fit);
  CHECK(kept.find("page0", version(0)) == first);
  kept.keep("another", version(fit), settled_ns, contents(size));
  CHECK(kept.count() == fit);
  CHECK(kept.bytes() <= KeptFiles::bytes_max);
  CHECK(kept.find("page0", version(0)) == first);
  CHECK(kept.find("page1", version(1)) == nullptr);
  CHECK(kept.find("page2", version(2)) != nullptr);
}

TEST_CASE("very many small files are counted with their names and bookkeeping") {
  KeptFiles kept;
  constexpr std::size_t more_than_fit = KeptFiles::bytes_max / KeptFiles::bookkeeping_bytes + 1;
  const auto empty = contents(0);
  for (std::size_t i = 0; i < more_than_fit; ++i) {
    kept.keep(std::to_string(i), version(i), settled_ns, empty);
  }
  CHECK(kept.count() < more_than_fit);
  CHECK(kept.bytes() <= KeptFiles::bytes_max);
}

TEST_CASE("a file that is too large to be kept leaves the others alone") {
  KeptFiles kept;
  kept.keep("page", version(1), settled_ns, contents(10));
  kept.keep("large", version(2), settled_ns, contents(KeptFiles::file_bytes_max + 1));
  CHECK(kept.count() == 1);
  CHECK(kept.find("page", version(1)) != nullptr);
}
