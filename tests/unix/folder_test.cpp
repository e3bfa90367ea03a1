// Folder on real files: a folder of the test's own under the system's temporary folder.
#include "sundog/io/unix/folder.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "sundog/io/run.hpp"
#include "tests/catch.hpp"
#include "sundog/timers/sleep.hpp"

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

std::string text_of(const Folder::Entry& entry) {
  return {reinterpret_cast<const char*>(entry.contents().data()), entry.contents().size()};
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
    REQUIRE(changed->digest() != page->digest());
    REQUIRE(text_of(*page) == "a page");
  };
  run(use());
}

TEST_CASE(
    "an entry of a folder has the file's time, and a digest that depends on its contents alone") {
  const TemporaryFolder files;
  files.write("root/below/copy", "a page");
  struct stat status;
  REQUIRE(::stat((files.root() + "/page.html").c_str(), &status) == 0);
  const auto page = run(look(files.root(), "page.html"));
  const auto copy = run(look(files.root(), "below/copy"));
  REQUIRE(page->last_modified_s() == status.st_mtim.tv_sec);
  REQUIRE(page->digest() == copy->digest());
  REQUIRE_FALSE(page->digest().empty());
}

TEST_CASE("a folder gives every size of file whole") {
  const TemporaryFolder files;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{3000000}}) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 251);
    files.write("root/file", text);
    const auto file = run(look(files.root(), "file"));
    REQUIRE(file);
    REQUIRE(text_of(*file) == text);
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
    co_await sleep(KeptFiles::settled_after);
    const auto first = co_await folder.get("page.html");
    const auto second = co_await folder.get("page.html");
    REQUIRE(second->contents().data() == first->contents().data());
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

TEST_CASE("a file larger than a folder gives out is an error") {
  const TemporaryFolder files;
  files.write("root/large", "");
  fs::resize_file(files.path / "root" / "large", Folder::file_bytes_max + 1);
  try {
    run(look(files.root(), "large"));
    FAIL("it was found");
  } catch (const std::system_error& error) {
    REQUIRE(error.code() == std::errc::file_too_large);
  }
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
