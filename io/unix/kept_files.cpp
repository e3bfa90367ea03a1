#include "sundog/io/unix/kept_files.hpp"

#include <utility>

namespace sundog {

KeptFiles::Contents KeptFiles::find(std::string_view key, const FileVersion& version) noexcept {
  const auto found = by_key_.find(key);
  if (found == by_key_.end() || found->second->version != version) return nullptr;
  files_.splice(files_.begin(), files_, found->second);
  return found->second->contents;
}

void KeptFiles::keep(std::string_view key, const FileVersion& version, std::int64_t read_ns,
                     Contents contents) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) forget(found->second);
  if (!version.settled(read_ns)) return;
  if (contents->bytes.size() > file_bytes_max) return;
  Files made;
  made.emplace_front(std::string(key), version, std::move(contents));
  by_key_.emplace(made.front().key, made.begin());
  files_.splice(files_.begin(), made);
  bytes_ += files_.front().bytes();
  while (bytes_ > bytes_max) forget(std::prev(files_.end()));
}

void KeptFiles::forget(Files::iterator file) noexcept {
  bytes_ -= file->bytes();
  by_key_.erase(file->key);
  files_.erase(file);
}

}  // namespace sundog
