// Folder on real files: a folder of the test's own under the system's temporary folder.
#include "sundog/io/unix/folder.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "sundog/io/run.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/timers/sleep.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/error_of.hpp"
#include "tests/unix/each_poller.hpp"

namespace {

using namespace sundog;
namespace fs = std::filesystem;

// A new folder, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "sundog-folder-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
    fs::create_directories(path / "root" / "below");
    write("root/page.html", "a page");
    write("root/below/deep.txt", "deep");
    write("secret", "secret");
  }
  ~TemporaryFolder() { fs::remove_all(path); }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream(path / name, std::ios::binary) << text;
  }
  std::string root() const { return (path / "root").string(); }

  fs::path path;
};

// Of an entry that is in memory.
std::string text_of(const Folder::Entry& entry) {
  const Bytes contents = *entry.resident();
  return {reinterpret_cast<const char*>(contents.data()), contents.size()};
}

// What is read from `offset` on, in pieces of 64 KiB, to the end.
Task<std::string> read_rest(const Folder::Entry& entry, std::uint64_t offset = 0) {
  std::string text;
  std::vector<std::byte> piece(std::size_t{64} << 10);
  for (;;) {
    const std::size_t count = co_await entry.read(offset + text.size(), MutableBytes(piece));
    if (count == 0) co_return text;
    text.append(reinterpret_cast<const char*>(piece.data()), count);
  }
}

// How many descriptors this process has open on the file.
int open_count(const fs::path& path) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (fs::read_symlink(entry.path(), gone) == path) ++count;
  }
  return count;
}

Task<std::optional<Folder::Entry>> look(std::string root, std::string_view key) {
  Folder folder = co_await Folder::connect(std::move(root));
  co_return co_await folder.get(key);
}

}  // namespace

TEST_CASE("a folder's files are found by their relative paths, as they are now") {
  const TemporaryFolder files;
  const auto use = [&]() -> Task<void> {
    Folder folder = co_await Folder::connect(files.root());
    const auto page = co_await folder.get("page.html");
    REQUIRE(page);
    REQUIRE(text_of(*page) == "a page");
    const auto deep = co_await folder.get("below/deep.txt");
    REQUIRE(deep);
    REQUIRE(text_of(*deep) == "deep");

    files.write("root/page.html", "another page");
    const auto changed = co_await folder.get("page.html");
    REQUIRE(changed);
    REQUIRE(text_of(*changed) == "another page");
    REQUIRE(text_of(*page) == "a page");
  };
  run(use());
}

TEST_CASE("an entry of a folder has the file's time, and a digest once the file has settled") {
  const TemporaryFolder files;
  struct stat status;
  REQUIRE(::stat((files.root() + "/page.html").c_str(), &status) == 0);
  const auto use = [&]() -> Task<void> {
    Folder folder = co_await Folder::connect(files.root());
    const auto fresh = co_await folder.get("page.html");
    REQUIRE(fresh->last_modified_s() == status.st_mtim.tv_sec);
    REQUIRE(fresh->digest().empty());
    co_await sleep(FileVersion::settled_after);
    const auto settled = co_await folder.get("page.html");
    REQUIRE_FALSE(settled->digest().empty());
    Folder again = co_await Folder::connect(files.root());
    const auto same = co_await again.get("page.html");
    REQUIRE(same->digest() == settled->digest());
  };
  run(use());
}

TEST_CASE("a folder gives every size of file whole") {
  const TemporaryFolder files;
  test::on_each_poller([&]() -> Task<void> {
    Folder folder = co_await Folder::connect(files.root());
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{4096}, Folder::small_file_bytes,
          Folder::small_file_bytes + 1, std::size_t{3000000}}) {
      const std::string text = test::pattern(size);
      files.write("root/file", text);
      const auto file = co_await folder.get("file");
      REQUIRE(file);
      REQUIRE(file->size() == size);
      REQUIRE(file->resident().has_value() == (size <= Folder::small_file_bytes));
      const auto all = co_await read_rest(*file);
      REQUIRE(all == text);
    }
  });
}

TEST_CASE("a file of any size is opened and read where it is asked for, not as a whole") {
  const TemporaryFolder files;
  const fs::path large = files.path / "root" / "large";
  const std::uint64_t size = std::uint64_t{1} << 40;
  files.write("root/large", "begin");
  if (::truncate(large.c_str(), static_cast<off_t>(size)) != 0) {
    WARN("left out: this file system has no files of a terabyte");
    return;
  }
  std::fstream(large, std::ios::in | std::ios::out).seekp(static_cast<std::streamoff>(size) - 3)
      << "end";
  test::on_each_poller([&]() -> Task<void> {
    Folder folder = co_await Folder::connect(files.root());
    const auto entry = co_await folder.get("large");
    REQUIRE(entry->size() == size);
    REQUIRE_FALSE(entry->resident());
    const auto end = co_await read_rest(*entry, size - 5);
    REQUIRE(end == std::string("\0\0end", 5));
    std::array<std::byte, 5> begin;
    const std::size_t count = co_await entry->read(0, MutableBytes(begin));
    REQUIRE(std::string_view(reinterpret_cast<const char*>(begin.data()), count) == "begin");
  });
}

TEST_CASE("entries of one version of a large file share one descriptor, which goes with them") {
  const TemporaryFolder files;
  files.write("root/large", test::pattern(std::size_t{2} << 20));
  test::on_each_poller([&]() -> Task<void> {
    Folder folder = co_await Folder::connect(files.root());
    {
      std::vector<Task<std::optional<Folder::Entry>>> looks;
      for (int i = 0; i < 50; ++i) looks.push_back(folder.get("large"));
      const auto entries = co_await join(std::move(looks));
      REQUIRE(entries.size() == 50);
      REQUIRE(open_count(files.path / "root" / "large") == 1);
      const auto tail = co_await read_rest(*entries.back(), 2'000'000);
      REQUIRE(tail == test::pattern(std::size_t{2} << 20).substr(2'000'000));
      files.write("root/large", test::pattern(std::size_t{1} << 20));
      const auto changed = co_await folder.get("large");
      REQUIRE(changed->size() == std::size_t{1} << 20);
    }
    co_await sleep(std::chrono::milliseconds(1));
    REQUIRE(open_count(files.path / "root" / "large") == 0);
    files.write("root/large", test::pattern(std::size_t{2} << 20));
  });
}

TEST_CASE("many who ask at once for a file that can be kept have it read once") {
  const TemporaryFolder files;
  files.write("root/medium", test::pattern(KeptFiles::file_bytes_max));
  const auto use = [&]() -> Task<void> {
    Folder folder = co_await Folder::connect(files.root());
    co_await sleep(FileVersion::settled_after);
    std::vector<Task<std::optional<Folder::Entry>>> looks;
    for (int i = 0; i < 20; ++i) looks.push_back(folder.get("medium"));
    const auto entries = co_await join(std::move(looks));
    for (const auto& entry : entries) {
      REQUIRE(entry->resident());
      REQUIRE(entry->resident()->data() == entries.front()->resident()->data());
    }
  };
  run(use());
}

TEST_CASE("a file that grows while it is read gives what was there") {
  const TemporaryFolder files;
  const std::string text = test::pattern(300'000);
  test::on_each_poller([&]() -> Task<void> {
    files.write("root/log", text);
    Folder folder = co_await Folder::connect(files.root());
    const auto entry = co_await folder.get("log");
    std::vector<std::byte> piece(1000);
    const std::size_t count = co_await entry->read(0, MutableBytes(piece));
    REQUIRE(count > 0);
    std::ofstream(files.path / "root" / "log", std::ios::app) << "and more\n";
    const auto all = co_await read_rest(*entry);
    REQUIRE(all == text);
    const auto now = co_await folder.get("log");
    REQUIRE(now->size() == text.size() + 9);
  });
}

TEST_CASE(
    "a file that is cut or overwritten in its place while it is read fails, and hangs nobody") {
  const TemporaryFolder files;
  const fs::path path = files.path / "root" / "large";
  test::on_each_poller([&]() -> Task<void> {
    Folder folder = co_await Folder::connect(files.root());
    const auto expect_failure = [&](auto change) -> Task<void> {
      files.write("root/large", test::pattern(300'000));
      // Two changes within a tick of the clock that stamps files cannot be told apart.
      co_await sleep(std::chrono::milliseconds(50));
      const auto entry = co_await folder.get("large");
      std::vector<std::byte> piece(1000);
      const std::size_t count = co_await entry->read(0, MutableBytes(piece));
      REQUIRE(count > 0);
      change();
      const auto error = co_await contract::error_of(entry->read(200'000, MutableBytes(piece)));
      REQUIRE(error == std::errc::resource_unavailable_try_again);
      const auto again = co_await contract::error_of(entry->read(0, MutableBytes(piece)));
      REQUIRE(again == std::errc::resource_unavailable_try_again);
    };
    const auto cut = [&] { fs::resize_file(path, 100'000); };
    const auto overwrite = [&] { std::fstream(path, std::ios::in | std::ios::out) << "other"; };
    co_await expect_failure(cut);
    co_await expect_failure(overwrite);
    // Replaced by another file, as it should be done, it stays what it was.
    files.write("root/large", test::pattern(300'000));
    const auto entry = co_await folder.get("large");
    files.write("root/new", "new");
    fs::rename(files.path / "root" / "new", path);
    const auto text = co_await read_rest(*entry);
    REQUIRE(text == test::pattern(300'000));
  });
}

TEST_CASE("what RFC 8615 calls well-known is there, and what is hidden beside it is not") {
  const TemporaryFolder files;
  fs::create_directories(files.path / "root" / ".well-known");
  files.write("root/.well-known/token", "token");
  files.write("root/.well-known/.hidden", "hidden");
  const auto token = run(look(files.root(), ".well-known/token"));
  REQUIRE(token);
  REQUIRE(text_of(*token) == "token");
  for (const std::string_view key : {".well-known/.hidden", ".well-known/..",
                                     ".well-known/../page.html", ".well-knownx/token"}) {
    REQUIRE_FALSE(run(look(files.root(), key)));
  }
}

TEST_CASE("what is no file in the folder is not found") {
  const TemporaryFolder files;
  files.write("root/.hidden", "hidden");
  fs::create_directories(files.path / "root" / ".git");
  files.write("root/.git/config", "hidden");
  fs::create_symlink(files.path / "secret", files.path / "root" / "link");
  fs::create_symlink(files.path / "root" / "page.html", files.path / "root" / "inner-link");
  fs::create_directory_symlink(files.path, files.path / "root" / "up");
  const std::string absolute = (files.path / "secret").string();
  for (const std::string_view key : {std::string_view(""),
                                     std::string_view("below"),
                                     std::string_view("below/"),
                                     std::string_view("/"),
                                     std::string_view("."),
                                     std::string_view(".."),
                                     std::string_view("../secret"),
                                     std::string_view("below/../page.html"),
                                     std::string_view("./page.html"),
                                     std::string_view("/page.html"),
                                     std::string_view("below//deep.txt"),
                                     std::string_view("page.html/"),
                                     std::string_view("page.html/deep.txt"),
                                     std::string_view("no-such-file"),
                                     std::string_view("no-such-folder/file"),
                                     std::string_view(".hidden"),
                                     std::string_view(".git/config"),
                                     std::string_view("link"),
                                     std::string_view("inner-link"),
                                     std::string_view("up/secret"),
                                     std::string_view("page.html\0", 10),
                                     std::string_view(absolute)}) {
    CAPTURE(std::string(key));
    REQUIRE_FALSE(run(look(files.root(), key)));
  }
  REQUIRE_FALSE(run(look(files.root(), std::string(1000, 'a'))));
}

TEST_CASE("a file that was left alone is not read again, and every change is seen all the same") {
  const TemporaryFolder files;
  const fs::path page = files.path / "root" / "page.html";
  const auto use = [&]() -> Task<void> {
    Folder folder = co_await Folder::connect(files.root());
    co_await sleep(FileVersion::settled_after);
    const auto first = co_await folder.get("page.html");
    const auto second = co_await folder.get("page.html");
    REQUIRE(second->resident()->data() == first->resident()->data());
    REQUIRE(second->digest() == first->digest());
    REQUIRE(second->last_modified_s() == first->last_modified_s());
    const auto deep = co_await folder.get("below/deep.txt");
    REQUIRE(deep);

    // The same name, size and time, but another file.
    const auto time = fs::last_write_time(page);
    files.write("root/new", "A PAGE");
    fs::last_write_time(files.path / "root" / "new", time);
    fs::rename(files.path / "root" / "new", page);
    const auto replaced = co_await folder.get("page.html");
    REQUIRE(text_of(*replaced) == "A PAGE");
    REQUIRE(replaced->digest() != first->digest());
    REQUIRE(text_of(*first) == "a page");

    // The same file, size and time, changed in its place; and again within the same tick.
    for (const std::string_view text : {"b page", "c page", "d page"}) {
      files.write("root/page.html", text);
      fs::last_write_time(page, time);
      const auto changed = co_await folder.get("page.html");
      REQUIRE(text_of(*changed) == text);
    }

    fs::remove(page);
    const auto removed = co_await folder.get("page.html");
    REQUIRE_FALSE(removed);
    fs::create_symlink(files.path / "secret", page);
    const auto linked = co_await folder.get("page.html");
    REQUIRE_FALSE(linked);
    fs::rename(files.path / "root" / "below", files.path / "moved");
    fs::create_directory_symlink(files.path / "moved", files.path / "root" / "below");
    const auto through_link = co_await folder.get("below/deep.txt");
    REQUIRE_FALSE(through_link);
  };
  run(use());
}

TEST_CASE("a pipe or a socket in a folder is not found, and does not hold up the look") {
  const TemporaryFolder files;
  REQUIRE(::mkfifo((files.root() + "/pipe").c_str(), 0600) == 0);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (files.root() + "/socket").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE_FALSE(run(look(files.root(), "pipe")));
  REQUIRE_FALSE(run(look(files.root(), "socket")));
  ::close(listener);
}

TEST_CASE("a folder that cannot be opened is an error that names it") {
  const TemporaryFolder files;
  const auto connect = [](std::string path) -> Task<void> {
    co_await Folder::connect(std::move(path));
  };
  try {
    run(connect(files.root() + "/missing"));
    FAIL("it was opened");
  } catch (const std::system_error& error) {
    REQUIRE(error.code() == std::errc::no_such_file_or_directory);
    REQUIRE(std::string(error.what()).find("/missing") != std::string::npos);
  }
  try {
    run(connect(files.root() + "/page.html"));
    FAIL("it was opened");
  } catch (const std::system_error& error) {
    REQUIRE(error.code() == std::errc::not_a_directory);
  }
}

TEST_CASE("a folder tells what is in it, but not what get() would not follow") {
  test::on_each_poller([]() -> Task<void> {
    const TemporaryFolder folder;
    folder.write("root/.hidden", "x");
    folder.write("root/b", "12345");
    fs::create_symlink("/etc", folder.path / "root" / "link");
    REQUIRE(::mkfifo((folder.path / "root" / "pipe").c_str(), 0600) == 0);
    Folder pages = co_await Folder::connect(folder.root());
    const auto text = [&](std::string key) -> Task<std::string> {
      const auto names = co_await pages.list_folder(key);
      if (!names) co_return "none";
      std::string all;
      for (const ListedName& name : *names) {
        all += name.name + (name.is_folder ? "/" : " " + std::to_string(name.size)) + ";";
      }
      co_return all;
    };
    CHECK(co_await text("") == "b 5;below/;page.html 6;");
    CHECK(co_await text("below") == "deep.txt 4;");
    for (const std::string key : {"page.html", "missing", "link", "..", "below/..", "/", "below/",
                                  ".hidden", "page.html/x", "below/deep.txt"}) {
      CAPTURE(key);
      CHECK(co_await text(key) == "none");
    }
  });
}
