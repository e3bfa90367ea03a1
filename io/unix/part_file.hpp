// PartFile: a file that comes piece by piece, perhaps in several runs of a program, and is there
// under its name only when all of it is.
//
//   PartFile file = co_await PartFile::open("image.iso");
//   if (file.size() > 0) continue_from(file.size(), file.version());
//   co_await file.append(piece);
//   co_await file.finish();        // "image.iso.part" becomes "image.iso"
//
// Beside the part stands in "image.iso.part.version" which version of the whole it is of: without
// one a part is of no use.
#pragma once

#include <cstdint>
#include <string>

#include "sundog/io/flow.hpp"
#include "sundog/io/unix/file.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

class PartFile {
 public:
  // Takes up what an earlier run has left. Throws std::system_error that names the path.
  static Task<PartFile> open(std::string path);

  // What there is, and of which version; both empty at first.
  std::uint64_t size() const noexcept { return size_; }
  const std::string& version() const noexcept { return version_; }

  // Throws away what there is, and begins with another version; an empty one cannot be taken up
  // later.
  Task<void> begin(std::string version);
  // Adds all bytes, which are borrowed until the task has ended. Throws std::system_error.
  Task<void> append(Bytes bytes);
  // All of it is there: it gets its name, once it is on the medium.
  Task<void> finish();

 private:
  PartFile(std::string path, File file) : path_(std::move(path)), file_(std::move(file)) {}

  static std::string part_path(const std::string& path) { return path + ".part"; }
  static std::string version_path(const std::string& path) { return path + ".part.version"; }

  std::string path_;
  File file_;
  std::string version_;
  std::uint64_t size_ = 0;
};

}  // namespace sundog
