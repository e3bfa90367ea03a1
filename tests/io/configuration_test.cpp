#include "sundog/io/configuration.hpp"

#include <array>
#include <stdexcept>

#include "sundog/io/describe.hpp"
#include "sundog/io/devices.hpp"
#include "sundog/io/embedded_files.hpp"
#include "sundog/io/run.hpp"
#include "tests/catch.hpp"

using namespace sundog;

namespace {

// What happened to the devices, in order.
std::string story;

// A store that tells when it comes and goes.
class Store : public EmbeddedFiles {
 public:
  explicit Store(const std::string& name) : EmbeddedFiles({}), name_(name) { story += "+" + name_; }
  ~Store() { story += "-" + name_; }
  Store(Store&& other) noexcept : EmbeddedFiles({}), name_(std::exchange(other.name_, "")) {}

 private:
  std::string name_;
};

// One that is made from another, by a task.
class Cache : public EmbeddedFiles {
 public:
  static Task<Cache> connect(Store& store, int entries_max, std::string_view mark) {
    static_cast<void>(store);
    story += "[" + std::to_string(entries_max) + std::string(mark) + "]";
    co_return Cache();
  }

 private:
  Cache() : EmbeddedFiles({}) {}
};

class Broken : public EmbeddedFiles {
 public:
  Broken() : EmbeddedFiles({}) { throw std::runtime_error("no disk"); }
};

struct Site : Configuration {
  Site() : Configuration("Serves pages.") {}
  Parameter<std::string> root{*this, "root", "the folder", "a"};
  Parameter<int> entries_max{*this, "entries-max", "how many pages are kept", 7};
  Parameter<int> workers{*this, "workers", "how many at once", 2};
  KeyValueDevice<Store> store{*this, "store", root};
  KeyValueDevice<Cache> cache{*this, "cache", store, entries_max, std::string("!")};
};

// A store that is made of a parameter and a device of its own, beside what the service gives it.
class Shelf : public EmbeddedFiles {
 public:
  struct Parts : Configuration {
    Parameter<int> depth{*this, "depth", "how deep it is", 3};
    Parameter<std::string> wood{*this, "wood", "what it is made of", "oak"};
    KeyValueDevice<Store> back{*this, "back", wood};
  };
  static Task<Shelf> connect(Parts& parts, int width) {
    story += "{" + std::to_string(*parts.depth) + "x" + std::to_string(width) + "}";
    CHECK(parts.back->files().empty());  // it is connected by now
    co_return Shelf();
  }

 private:
  Shelf() : EmbeddedFiles({}) {}
};

// ... and one that has such a one below it.
class Cupboard : public EmbeddedFiles {
 public:
  struct Parts : Configuration {
    Parameter<int> width{*this, "width", "how wide it is", 5};
    KeyValueDevice<Shelf> shelf{*this, "shelf", width};
  };
  explicit Cupboard(Parts&) : EmbeddedFiles({}) { story += "!"; }
};

struct Library : Configuration {
  KeyValueDevice<Cupboard> left{*this, "left"};
  KeyValueDevice<Cupboard> right{*this, "right"};
};

Task<void> connect_all(Configuration& configuration) {
  for (DeviceBase* device : configuration.devices()) co_await device->connect();
}

}  // namespace

TEST_CASE("a device is made from the values that its parameters have when it is connected") {
  story.clear();
  Site site;
  CHECK(story.empty());
  CHECK(site.root.set("b"));
  run(connect_all(site));
  CHECK(story == "+b[7!]");
  CHECK((*site.cache).files().empty());
  CHECK(site.cache->files().empty());
  site.cache.disconnect();
  site.store.disconnect();
  CHECK(story == "+b[7!]-b");
}

TEST_CASE("a device that cannot be made fails where it is connected") {
  struct BrokenSite : Configuration {
    KeyValueDevice<Broken> store{*this, "store"};
  } site;
  CHECK_THROWS_WITH(run(connect_all(site)), "no disk");
}

TEST_CASE("a configuration lists its devices, what they are and what they are made from") {
  Site site;
  REQUIRE(site.devices().size() == 2);
  const DeviceBase& cache = *site.devices()[1];
  CHECK(cache.name() == "cache");
  CHECK(cache.concept_name() == "KeyValue");
  CHECK(cache.implementation_name().ends_with("Cache"));
  REQUIRE(cache.devices().size() == 1);
  CHECK(cache.devices()[0] == &site.store);
  REQUIRE(cache.parameters().size() == 1);
  CHECK(cache.parameters()[0] == &site.entries_max);
}

TEST_CASE("two devices of a kind have their own parameters and parts, named after them") {
  Library library;
  std::string names;
  for (const ParameterBase* parameter : library.parameters()) {
    names.append(parameter->name()).append(" ");
  }
  CHECK(names ==
        "left-width left-shelf-depth left-shelf-wood right-width right-shelf-depth "
        "right-shelf-wood ");
  names.clear();
  for (const DeviceBase* device : library.devices()) names.append(device->name()).append(" ");
  CHECK(names == "left-shelf-back left-shelf left right-shelf-back right-shelf right ");

  Parameters* const sets[] = {&library};
  const std::string_view arguments[] = {"--right-shelf-depth=8", "--left-width=1",
                                        "--right-shelf-wood=elm"};
  CHECK(parse_parameters(sets, arguments).empty());
  story.clear();
  run(connect_all(library));
  CHECK(story == "+oak{3x1}!+elm{8x5}!");
}

TEST_CASE("a device is made from those of its parts that no other part is made from") {
  const Library library;
  const DeviceBase& left = *library.devices()[2];
  REQUIRE(left.devices().size() == 1);
  CHECK(left.devices()[0]->name() == "left-shelf");
  CHECK(left.parameters().empty());  // the width is the shelf's
  const DeviceBase& shelf = *left.devices()[0];
  REQUIRE(shelf.devices().size() == 1);
  CHECK(shelf.devices()[0]->name() == "left-shelf-back");
  REQUIRE(shelf.parameters().size() == 2);
  CHECK(shelf.parameters()[0]->name() == "left-width");
  CHECK(shelf.parameters()[1]->name() == "left-shelf-depth");

  const std::string text = describe_as_text(library, "library", "a toaster");
  CHECK(text.find("from left-shelf-back, --left-width, --left-shelf-depth\n  left ") !=
        std::string::npos);
}

TEST_CASE("the drawing shows the parts below their device, down to the platform") {
  const Library library;
  const std::string svg = describe_as_svg(library, "library", "a toaster");
  const auto count = [&](std::string_view wanted) {
    std::size_t found = 0;
    for (std::size_t at = svg.find(wanted); at != std::string::npos; at = svg.find(wanted, at + 1))
      ++found;
    return found;
  };
  CHECK(count("<rect ") == 8);      // the service, three devices on each side, the platform
  CHECK(count("marker-end") == 8);  // two uses, then on each side two more and the platform
  CHECK(count("--left-width=5") == 1);
  CHECK(count("right-shelf-back: KeyValue") == 1);
}

TEST_CASE("the description tells platform, devices and parameters") {
  Site site;
  const std::string text = describe_as_text(site, "site", "a toaster");
  CHECK(text.starts_with(
      "site\nServes pages.\n\nplatform\n  a toaster\n\ndevices\n  store   KeyValue   "));
  CHECK(text.find("from --root\n  cache   KeyValue   ") != std::string::npos);
  CHECK(text.find("from store, --entries-max\n\nparameters\n  --root") != std::string::npos);
}

TEST_CASE("a program without devices and parameters is described as such") {
  const Configuration nothing;
  CHECK(describe_as_text(nothing, "hello", "a toaster") ==
        "hello\n\nplatform\n  a toaster\n\ndevices\n  none\n\nparameters\n  none of its own\n");
}

TEST_CASE(
    "the drawing has a box for the service, each device and the platform, and an arrow for each "
    "use") {
  Site site;
  CHECK(site.root.set("<&>"));
  const std::string svg = describe_as_svg(site, "site", "a toaster");
  const auto count = [&](std::string_view wanted) {
    std::size_t found = 0;
    for (std::size_t at = svg.find(wanted); at != std::string::npos; at = svg.find(wanted, at + 1))
      ++found;
    return found;
  };
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(count("<rect ") == 4);
  CHECK(count("marker-end") == 3);  // site to cache, cache to store, store to the platform
  CHECK(count("--root=&lt;&amp;&gt;") == 1);
  CHECK(count("--workers=2") == 1);
}
