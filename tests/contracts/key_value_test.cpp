// The contracts of KeyValue and MutableKeyValue, on every implementation, and what each promises
// beside them.
#include "tests/contracts/key_value.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "sundog/io/either_key_value.hpp"
#include "sundog/io/embedded_files.hpp"
#include "sundog/io/memory/key_value.hpp"
#include "sundog/io/crypto/sha256.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/io/unix/folder.hpp"
#include "sundog/io/unix/mutable_folder.hpp"
#include "tests/contracts/mutable_key_value.hpp"
#include "tests/io/embedded_fixture.hpp"
#include "tests/unix/each_poller.hpp"

using namespace sundog;

namespace {

namespace fs = std::filesystem;

// A new folder, removed with all that is in it.
class NewFolder {
 public:
  NewFolder() {
    std::string pattern = (fs::temp_directory_path() / "sundog-store-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~NewFolder() { fs::remove_all(path); }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  std::string path;
};

Task<void> fill(MutableKeyValue auto& store) {
  for (const EmbeddedFile& file : embedded_fixture.files()) {
    co_await store.set(file.name(), file.contents());
  }
}

struct InMemory {
  static constexpr bool persistent = false;
  void run(auto body) { sundog::run(body(*this)); }
  Task<MemoryKeyValue> open() { co_return MemoryKeyValue(); }
};

struct InSimulatedHost {
  static constexpr bool persistent = false;
  void run(auto body) {
    sim::World world(1, sim::FaultPlan());
    sim::Host& host = world.add_host("host");
    host.start([&] { return body(*this); });
    world.run();
  }
  Task<MemoryKeyValue> open() { co_return MemoryKeyValue(); }
};

struct InFolder {
  static constexpr bool persistent = true;
  void run(auto body) {
    test::on_each_poller([&] { return in_new_folder(body); });
  }
  Task<void> in_new_folder(auto body) {
    const NewFolder folder;
    path = folder.path;
    co_await body(*this);
  }
  Task<MutableFolder> open() { return MutableFolder::connect(path); }
  std::string path;
};

}  // namespace

TEST_CASE("files compiled in keep the contract of KeyValue") {
  run(contract::key_value(embedded_fixture));
}

TEST_CASE("a folder keeps the contract of KeyValue") {
  test::on_each_poller([]() -> Task<void> {
    const NewFolder files;
    {
      MutableFolder writing = co_await MutableFolder::connect(files.path);
      co_await fill(writing);
    }
    Folder folder = co_await Folder::connect(files.path);
    co_await contract::key_value(folder);
  });
}

TEST_CASE("either of two stores keeps the contract of KeyValue") {
  using Either = EitherKeyValue<EmbeddedFiles, MemoryKeyValue>;
  const auto test = []() -> Task<void> {
    Either embedded{EmbeddedFiles(embedded_fixture)};
    co_await contract::key_value(embedded);
    MemoryKeyValue store;
    co_await fill(store);
    Either memory{std::move(store)};
    co_await contract::key_value(memory);
  };
  run(test());
}

TEST_CASE("stores that can be changed keep the contract of KeyValue") {
  test::on_each_poller([]() -> Task<void> {
    MemoryKeyValue memory;
    co_await fill(memory);
    co_await contract::key_value(memory);
    const NewFolder files;
    MutableFolder folder = co_await MutableFolder::connect(files.path);
    co_await fill(folder);
    co_await contract::key_value(folder);
  });
}

TEST_CASE("a store in memory keeps the contract of MutableKeyValue") {
  contract::mutable_key_value(InMemory());
}

TEST_CASE("a store in a simulated host's memory keeps the contract of MutableKeyValue") {
  contract::mutable_key_value(InSimulatedHost());
}

TEST_CASE("a folder keeps the contract of MutableKeyValue") {
  contract::mutable_key_value(InFolder());
}

TEST_CASE("digests of contents in memory are their SHA-256") {
  const auto digest_of = [](std::string_view text, std::size_t at_once) {
    Sha256 hash;
    for (; !text.empty(); text.remove_prefix(std::min(at_once, text.size()))) {
      hash.add(as_bytes(text.substr(0, at_once)));
    }
    return hash.finish();
  };
  // FIPS 180-4's own examples, and a million times "a".
  CHECK(digest_of("", 1) == Digest::from_hex("e3b0c44298fc1c149afbf4c8996fb924"
                                             "27ae41e4649b934ca495991b7852b855"));
  const auto abc =
      Digest::from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest_of("abc", 1) == abc);
  CHECK(digest_of("abc", 3) == abc);
  const auto two_blocks =
      Digest::from_hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  for (const std::size_t at_once : {1U, 7U, 55U, 56U, 64U}) {
    CHECK(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", at_once) ==
          two_blocks);
  }
  CHECK(digest_of(std::string(1'000'000, 'a'), 1000) ==
        Digest::from_hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

TEST_CASE("a full store in memory leaves all readable, and has room again after a removal") {
  const auto test = []() -> Task<void> {
    MemoryKeyValue store(1000);
    co_await store.set("a", as_bytes(std::string(600, 'a')));
    const std::string more(500, 'b');
    const auto full = std::errc::no_space_on_device;
    auto error = co_await contract::error_of(store.set("b", as_bytes(more)));
    CHECK(error == full);
    error = co_await contract::error_of(store.set_part("a", 990, as_bytes(more)));
    CHECK(error == full);
    error = co_await contract::error_of(store.set_part("a", ~std::uint64_t{0} - 5, as_bytes(more)));
    CHECK(error == full);
    const auto text = co_await contract::text_at(store, "a");
    CHECK(text == std::string(600, 'a'));
    co_await store.set("a", as_bytes(std::string(900, 'c')));
    co_await store.remove("a");
    co_await store.set("b", as_bytes(more));
    co_await store.rename("b", "c");
  };
  run(test());
}

TEST_CASE("two stores do not use one folder") {
  const NewFolder files;
  const auto test = [&]() -> Task<void> {
    {
      const MutableFolder first = co_await MutableFolder::connect(files.path);
      const auto again = [&]() -> Task<void> { co_await MutableFolder::connect(files.path); };
      const auto error = co_await contract::error_of(again());
      CHECK(error == std::errc::device_or_resource_busy);
    }
    co_await MutableFolder::connect(files.path);
  };
  test::on_each_poller(test);
}

TEST_CASE("what lies outside of a store's folder is neither read nor changed through links") {
  const NewFolder files;
  const NewFolder outside;
  std::ofstream(outside.path + "/secret") << "secret";
  fs::create_directory_symlink(outside.path, files.path + "/link");
  fs::create_symlink(outside.path + "/secret", files.path + "/file-link");
  REQUIRE(::mkfifo((files.path + "/pipe").c_str(), 0600) == 0);
  const auto test = [&]() -> Task<void> {
    MutableFolder store = co_await MutableFolder::connect(files.path);
    for (const std::string_view key : {"link/secret", "file-link", "pipe", "link"}) {
      const auto found = co_await store.get(key);
      CHECK_FALSE(found);
      const bool removed = co_await store.remove(key);
      CHECK_FALSE(removed);
    }
    const auto error = co_await contract::error_of(store.set("link/new", as_bytes("x")));
    CHECK(error == std::errc::not_a_directory);
    const auto keys = co_await contract::all_keys(store);
    CHECK(keys.empty());
  };
  run(test());
  CHECK_FALSE(fs::exists(outside.path + "/new"));
  CHECK(fs::exists(outside.path + "/secret"));
}

TEST_CASE("folders that a power cut left empty do not keep a key from being set") {
  const NewFolder files;
  fs::create_directories(files.path + "/a/b/c");
  std::ofstream(files.path + "/a-file") << "x";
  fs::create_directories(files.path + "/.sundog");
  std::ofstream(files.path + "/.sundog/new-1") << "half";
  const auto test = [&]() -> Task<void> {
    MutableFolder store = co_await MutableFolder::connect(files.path);
    CHECK(fs::is_empty(files.path + "/.sundog"));
    co_await store.set("a", as_bytes("a key now"));
    const auto keys = co_await contract::all_keys(store);
    CHECK(keys == "a|a-file|");
  };
  run(test());
}

// The program that is killed: run as a child by the test below.
TEST_CASE("writer that will be killed", "[.killed]") {
  const char* path = std::getenv("SUNDOG_TEST_STORE");
  if (path == nullptr) return;  // not that child
  const auto write = [&]() -> Task<void> {
    MutableFolder store = co_await MutableFolder::connect(path);
    for (int version = 1;; ++version) {
      const std::string text = std::to_string(version) + std::string(20'000, 'x');
      co_await store.set("changing/key", as_bytes(text));
      // Told to the parent once it has returned: from then on it is durable.
      const std::string line = std::to_string(version) + "\n";
      REQUIRE(::write(STDOUT_FILENO, line.data(), line.size()) > 0);
      co_await store.rename("changing/key", "moved/key");
      co_await store.rename("moved/key", "changing/key");
    }
  };
  run(write());
}

TEST_CASE("a store in a folder is whole after kill -9 at any moment, with all that had returned") {
  const NewFolder files;
  ::setenv("SUNDOG_TEST_STORE", files.path.c_str(), 1);
  int checked = 0;
  for (int round = 0; round < 10; ++round) {
    std::array<int, 2> out;
    REQUIRE(::pipe2(out.data(), O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::string program = "/proc/self/exe";
    std::string test = "writer that will be killed";
    std::array<char*, 3> arguments = {program.data(), test.data(), nullptr};
    pid_t child = 0;
    REQUIRE(::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, arguments.data(), environ) ==
            0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    // After its first word, at some moment of what it does then.
    std::string said(16, '\0');
    REQUIRE(::read(out[0], said.data(), 2) > 0);
    std::this_thread::sleep_for(std::chrono::microseconds(round * 1700));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    std::string rest(std::size_t{1} << 16, '\0');
    const auto count = ::read(out[0], rest.data(), rest.size());
    rest.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    ::close(out[0]);
    const std::string all = said.c_str() + rest;
    const std::size_t last_line = all.rfind('\n', all.size() - 2);
    const std::string last = all.substr(last_line == all.npos ? 0 : last_line + 1);
    int durable = 0;
    std::from_chars(last.data(), last.data() + last.size(), durable);
    const auto look = [&]() -> Task<void> {
      MutableFolder store = co_await MutableFolder::connect(files.path);
      auto found = co_await contract::text_at(store, "changing/key");
      if (found == "(none)") found = co_await contract::text_at(store, "moved/key");
      int version = 0;
      const char* const end =
          std::from_chars(found.data(), found.data() + found.size(), version).ptr;
      CHECK(found.substr(static_cast<std::size_t>(end - found.data())) == std::string(20'000, 'x'));
      CHECK(version >= durable);
      CHECK(version <= durable + 1);
      co_await store.remove("changing/key");
      co_await store.remove("moved/key");
      ++checked;
    };
    run(look());
  }
  CHECK(checked == 10);
}
