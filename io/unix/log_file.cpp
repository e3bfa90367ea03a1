#include "sundog/io/unix/log_file.hpp"

#include <utility>

namespace sundog {
namespace {

Task<File> open_to_append(const std::string& path) {
  return File::open(path, O_WRONLY | O_APPEND | O_CREAT, 0644);
}

}  // namespace

LogFile::LogFile(std::string path, File file)
    : path_(std::move(path)), file_(std::make_shared<File>(std::move(file))) {}

Task<LogFile> LogFile::open(std::string path) {
  File file = co_await open_to_append(path);
  co_return LogFile(std::move(path), std::move(file));
}

Task<void> LogFile::write(Bytes bytes) {
  const std::shared_ptr<File> file = file_;
  co_await file->write(bytes);
}

Task<void> LogFile::reopen() {
  File file = co_await open_to_append(path_);
  file_ = std::make_shared<File>(std::move(file));
}

}  // namespace sundog
