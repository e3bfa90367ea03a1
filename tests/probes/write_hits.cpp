// Linked into every test program: at its end it writes down which probes it reached, for report.py.
//
// Into a file of its own in the folder that SUNDOG_PROBES_FOLDER names, if it names one: first the
// program, then "FILE: NAME" for each probe that was reached.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "sundog/runtime/language/probe.hpp"

namespace {

class WriteHits {
 public:
  ~WriteHits() {
    const char* folder = std::getenv("SUNDOG_PROBES_FOLDER");
    if (folder == nullptr) return;
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    std::filesystem::create_directories(folder, error);
    const std::string path =
        std::string(folder) + "/" + program.filename().string() + "-" + std::to_string(::getpid());
    std::FILE* file = std::fopen(path.c_str(), "w");
    if (file == nullptr) return;
    std::fprintf(file, "%s\n", program.c_str());
    for (const sundog::Probe& probe : sundog::probes()) {
      if (probe.count == 0) continue;
      std::fprintf(file, "%s: %s\n", std::filesystem::path(probe.file).filename().c_str(),
                   probe.name);
    }
    std::fclose(file);
  }
};

const WriteHits at_the_end;

}  // namespace
