// Two domains share pages: `owner DOMAIN` grants them, `user` copies and maps them. They keep in
// step through xenstore, where the test in dom0 carries words from one to the other.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "sundog/io/console.hpp"
#include "sundog/io/run.hpp"
#include "sundog/io/xen/grants.hpp"
#include "sundog/io/xen/memory.hpp"
#include "sundog/io/xen/store/store.hpp"
#include "tests/xen/guests/await_value.hpp"

namespace sundog {
namespace {

using xen::copy_from_grant;
using xen::copy_to_grant;
using xen::Grant;

constexpr std::string_view greeting = "hello from the owner";

const char* text_at(const std::byte* bytes, std::size_t offset) {
  return reinterpret_cast<const char*>(bytes + offset);
}

Task<void> own(domid_t peer) {
  auto& store = xen::Store::instance();
  xen::SharedPage page;
  std::memcpy(page.bytes(), greeting.data(), greeting.size());
  auto shared = std::make_unique<Grant>(peer, std::move(page), Grant::Access::read_write);
  const Grant read_only(peer, xen::SharedPage(), Grant::Access::read);
  co_await store.write("data/grants",
                       format_text("{} {}", shared->reference(), read_only.reference()));
  co_await await_value("data/mapped");
  print("seen: {}, {}\n", text_at(shared->bytes(), 100), text_at(shared->bytes(), 200));
  const std::size_t free_before = xen::memory_use().free_bytes;
  shared.reset();
  print("ended while mapped: {} in use, {} bytes freed\n", xen::collect_grants(),
        xen::memory_use().free_bytes - free_before);
  co_await store.write("data/ended", "1");
  co_await await_value("data/unmapped");
  print("unmapped: {} in use, {} bytes freed\n", xen::collect_grants(),
        xen::memory_use().free_bytes - free_before);
  co_await store.write("data/freed", "1");
  co_await await_value("data/end");
}

// Whether the operation is refused with EFAULT.
template <class Operation>
const char* outcome(Operation operation) {
  try {
    operation();
    return "allowed";
  } catch (const std::system_error& error) {
    return error.code().value() == EFAULT ? "refused" : "failed otherwise";
  }
}

// Each time the page's own memory is given to Xen and fetched back: none may be lost.
void map_often(domid_t owner, grant_ref_t reference) {
  const std::size_t free_before = xen::memory_use().free_bytes;
  for (int i = 0; i < 1000; ++i)
    const xen::MappedGrant mapped(owner, reference, Grant::Access::read);
  print("mapped 1000 times, {} bytes lost\n", free_before - xen::memory_use().free_bytes);
}

Task<void> use() {
  auto& store = xen::Store::instance();
  const std::string numbers = co_await await_value("data/grants");
  char* rest = nullptr;
  const auto owner = static_cast<domid_t>(std::strtoul(numbers.c_str(), &rest, 10));
  const auto shared = static_cast<grant_ref_t>(std::strtoul(rest, &rest, 10));
  const auto read_only = static_cast<grant_ref_t>(std::strtoul(rest, &rest, 10));
  const xen::SharedPage own_page;
  const std::span<std::byte> buffer(own_page.bytes(), 32);
  copy_from_grant(owner, shared, 0, buffer.first(greeting.size()));
  print("copied: {}\n", text_at(own_page.bytes(), 0));
  std::memcpy(buffer.data(), "from the user", 14);
  copy_to_grant(owner, shared, 100, buffer.first(14));
  print("copy to a read-only page: {}\n",
        outcome([&] { copy_to_grant(owner, read_only, 0, buffer); }));
  print("copy beyond the page: {}\n", outcome([&] { copy_to_grant(owner, shared, 4090, buffer); }));
  map_often(owner, read_only);
  {
    const xen::MappedGrant mapped(owner, shared, Grant::Access::read_write);
    print("mapped: {}\n", text_at(mapped.bytes(), 0));
    std::memcpy(mapped.bytes() + 200, "by mapping", 11);
    co_await store.write("data/mapped", "1");
    co_await await_value("data/ended");
    print("still mapped: {}\n", text_at(mapped.bytes(), 0));
  }
  co_await store.write("data/unmapped", "1");
  co_await await_value("data/freed");
  print("copy after the end: {}\n", outcome([&] { copy_from_grant(owner, shared, 0, buffer); }));
}

}  // namespace
}  // namespace sundog

int main(int argc, char** argv) {
  const bool owns = argc > 2 && std::string_view(argv[1]) == "owner";
  sundog::run(owns ? sundog::own(static_cast<domid_t>(std::strtoul(argv[2], nullptr, 10)))
                   : sundog::use());
}
