#include "sundog/io/process_figures.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string_view>

#include "sundog/io/unix/descriptor.hpp"
#include "sundog/runtime/text/digits.hpp"

namespace sundog {
namespace {

// "SIZE RESIDENT ...", in pages: proc(5).
std::optional<std::uint64_t> resident_bytes() {
  Descriptor file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  std::array<char, 128> text;
  const ssize_t size = file ? ::read(file.get(), text.data(), text.size()) : -1;
  if (size <= 0) return std::nullopt;
  std::string_view rest(text.data(), static_cast<std::size_t>(size));
  take_number(rest);
  if (!rest.starts_with(' ')) return std::nullopt;
  rest.remove_prefix(1);
  const auto pages = take_number(rest);
  if (!pages) return std::nullopt;
  return *pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::optional<std::uint64_t> open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), ::closedir);
  if (folder == nullptr) return std::nullopt;
  std::uint64_t count = 0;
  while (::readdir(folder.get()) != nullptr) ++count;
  return count < 3 ? 0 : count - 3;  // ".", "..", and the folder's own
}

Duration duration_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

ProcessFigures process_figures() {
  ProcessFigures figures;
  figures.memory_bytes = resident_bytes();
  figures.descriptor_count = open_descriptors();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.descriptor_max = limit.rlim_cur;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    figures.processor_time = duration_of(usage.ru_utime) + duration_of(usage.ru_stime);
  }
  return figures;
}

}  // namespace sundog
