#include "sundog/io/xen/x86/paging.hpp"

#include "sundog/io/xen/x86/cpu.hpp"

extern "C" {
// x86/entry.S
extern std::uint64_t sundog_page_root[512];
extern std::uint64_t sundog_page_directory[2048];
// x86/image.ld
extern char __image_start[], __rodata_start[], __data_start[], __stack_guard[], __image_end[];
}

namespace sundog::xen::x86 {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t large_page_bytes = 0x20'0000;

constexpr std::uint64_t present = 1;
constexpr std::uint64_t writable = 2;
constexpr std::uint64_t large = 0x80;
constexpr std::uint64_t no_execute = std::uint64_t{1} << 63;

// Tables of 4 KiB pages for the first 8 MiB, in which the image must lie: image.ld asserts it.
constexpr std::uint64_t image_tables = 4;
alignas(page_bytes) constinit std::uint64_t image_pages[image_tables * 512] = {};

std::uint64_t address_of(const char* symbol) noexcept {
  return reinterpret_cast<std::uint64_t>(symbol);
}

bool overlaps(std::span<const PhysicalRange> ranges, std::uint64_t start,
              std::uint64_t end) noexcept {
  for (const PhysicalRange& range : ranges) {
    if (range.start < end && start < range.end) return true;
  }
  return false;
}

// Xen's own pages: shared info and grants, and the store's and console's rings, which libxl puts at
// 0xfeff8000 to 0xfeffffff.
bool shared_with_xen(std::uint64_t large_page) noexcept {
  constexpr std::uint64_t special_pages = 0xfee0'0000;
  return large_page == shared_info_address || large_page == special_pages;
}

// The access that one 4 KiB page gets; 0 for none.
std::uint64_t page_entry(std::uint64_t page, std::span<const PhysicalRange> ram) noexcept {
  if (page == 0 || page == address_of(__stack_guard)) return 0;
  if (page >= address_of(__image_start) && page < address_of(__rodata_start)) return page | present;
  if (page >= address_of(__rodata_start) && page < address_of(__data_start))
    return page | present | no_execute;
  if (!overlaps(ram, page, page + page_bytes)) return 0;
  return page | present | writable | no_execute;
}

}  // namespace

void protect_memory(std::span<const PhysicalRange> ram) noexcept {
  for (std::uint64_t index = 0; index < image_tables * 512; ++index) {
    image_pages[index] = page_entry(index * page_bytes, ram);
  }
  for (std::uint64_t index = 0; index < 2048; ++index) {
    const std::uint64_t start = index * large_page_bytes;
    std::uint64_t entry = 0;
    if (index < image_tables) {
      entry = reinterpret_cast<std::uint64_t>(&image_pages[index * 512]) | present | writable;
    } else if (shared_with_xen(start) || overlaps(ram, start, start + large_page_bytes)) {
      entry = start | present | writable | large | no_execute;
    }
    sundog_page_directory[index] = entry;
  }
  write_cr3(reinterpret_cast<std::uint64_t>(sundog_page_root));
}

void enable_processor_protections() noexcept {
  constexpr std::uint64_t cr4_umip = 1 << 11, cr4_smep = 1 << 20, cr4_smap = 1 << 21;
  if (cpuid(0).eax < 7) return;
  const CpuidResult features = cpuid(7);
  std::uint64_t cr4 = read_cr4();
  if (features.ebx & (1u << 7)) cr4 |= cr4_smep;
  if (features.ebx & (1u << 20)) cr4 |= cr4_smap;
  if (features.ecx & (1u << 2)) cr4 |= cr4_umip;
  write_cr4(cr4);
}

}  // namespace sundog::xen::x86
