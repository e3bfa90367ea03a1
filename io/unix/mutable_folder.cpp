#include "sundog/io/unix/mutable_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <span>
#include <system_error>

#include "sundog/io/unix/failure.hpp"
#include "sundog/io/unix/offload.hpp"
#include "sundog/runtime/mutex.hpp"

namespace sundog {
namespace {

constexpr const char* scratch_name = ".sundog";

[[noreturn]] void fail(int error, const std::string& what) { throw failure(error, what); }

template <class Call>
auto repeat_interrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

OpenFile open_at(int folder, const std::string& name, int flags, mode_t mode = 0) {
  return OpenFile(repeat_interrupted(
      [&] { return ::openat(folder, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode); }));
}

OpenFile open_folder_at(int folder, const std::string& name) {
  return open_at(folder, name, O_RDONLY | O_DIRECTORY);
}

void sync_to_disk(const OpenFile& file, const std::string& what) {
  if (repeat_interrupted([&] { return ::fsync(file.get()); }) != 0) fail(errno, what);
}

void write_all(const OpenFile& file, Bytes bytes, std::uint64_t offset, const std::string& what) {
  while (!bytes.empty()) {
    const auto count = repeat_interrupted([&] {
      return ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (count < 0) fail(errno, what);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void copy_all(const OpenFile& from, const OpenFile& to, const std::string& what) {
  std::vector<std::byte> space(std::size_t{256} * 1024);
  for (std::uint64_t offset = 0;;) {
    const auto count = repeat_interrupted([&] {
      return ::pread(from.get(), space.data(), space.size(), static_cast<off_t>(offset));
    });
    if (count < 0) fail(errno, what);
    if (count == 0) return;
    write_all(to, Bytes(space).first(static_cast<std::size_t>(count)), offset, what);
    offset += static_cast<std::uint64_t>(count);
  }
}

std::string last_name(const std::string& key) { return key.substr(key.rfind('/') + 1); }

// The folder of the key's last name. Closed when there is none; with `make` it is made, and durable
// before anything is in it.
OpenFile folder_of(int root, const std::string& key, bool make) {
  OpenFile folder = open_folder_at(root, ".");
  std::size_t start = 0;
  for (std::size_t end = key.find('/'); end != key.npos; end = key.find('/', start)) {
    const std::string name = key.substr(start, end - start);
    OpenFile next = open_folder_at(folder.get(), name);
    if (!next.is_open() && errno == ENOENT && make) {
      if (::mkdirat(folder.get(), name.c_str(), 0777) != 0 && errno != EEXIST) fail(errno, key);
      sync_to_disk(folder, key);
      next = open_folder_at(folder.get(), name);
    }
    if (!next.is_open()) {
      const bool absent = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
      if (make || !absent) fail(errno, key);
      return OpenFile(-1);
    }
    folder = std::move(next);
    start = end + 1;
  }
  return folder;
}

// The file that is the key's contents, or a closed one.
OpenFile open_contents(int root, const std::string& key, struct stat& status) {
  const OpenFile folder = folder_of(root, key, false);
  if (!folder.is_open()) return OpenFile(-1);
  // O_NONBLOCK: opening a named pipe that nobody writes to would wait for ever.
  OpenFile file = open_at(folder.get(), last_name(key), O_RDONLY | O_NONBLOCK);
  if (!file.is_open()) {
    // Not there, a link, a socket.
    if (errno == ENOENT || errno == ELOOP || errno == ENXIO) return file;
    fail(errno, key);
  }
  if (::fstat(file.get(), &status) != 0) fail(errno, key);
  if (!S_ISREG(status.st_mode)) return OpenFile(-1);
  return file;
}

// Removes the folders of a key, from the innermost out, that hold nothing any more.
void remove_empty_folders(int root, const std::string& key) noexcept {
  std::string path = key;
  for (std::size_t end = path.rfind('/'); end != path.npos; end = path.rfind('/')) {
    path.resize(end);
    // Not through a link: the kernel removes none as a folder, and these names were walked before.
    if (::unlinkat(root, path.c_str(), AT_REMOVEDIR) != 0) return;
  }
}

// Calls each(name) for what is in the folder, but "." and "..".
template <class Each>
void for_each_name(int folder, const std::string& what, Each each) {
  OpenFile again = open_folder_at(folder, ".");
  if (!again.is_open()) fail(errno, what);
  const std::unique_ptr<DIR, int (*)(DIR*)> names(::fdopendir(again.get()), ::closedir);
  if (names == nullptr) fail(errno, what);
  again.release();  // closedir() closes it
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(names.get());
    if (entry == nullptr && errno != 0) fail(errno, what);
    if (entry == nullptr) return;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") each(std::string(name));
  }
}

// A folder in which no file is, left by a change that a power cut ended, must not keep a key from
// being set: it is removed, with the folders in it, as far as they are empty.
void remove_hollow_folder(int folder, const std::string& name) {
  {
    const OpenFile inside = open_folder_at(folder, name);
    if (!inside.is_open()) return;
    for_each_name(inside.get(), name,
                  [&](const std::string& each) { remove_hollow_folder(inside.get(), each); });
  }
  ::unlinkat(folder, name.c_str(), AT_REMOVEDIR);
}

void rename_durably(int root, int source, const std::string& name, const std::string& to) {
  try {
    const OpenFile target = folder_of(root, to, true);
    const std::string last = last_name(to);
    const auto rename = [&] {
      return ::renameat(source, name.c_str(), target.get(), last.c_str());
    };
    if (rename() != 0) {
      // The latter where the folder in the way holds what is renamed.
      if (errno != EISDIR && errno != ENOTEMPTY) fail(errno, to);
      remove_hollow_folder(target.get(), last);
      if (rename() != 0) fail(errno == ENOTEMPTY ? EISDIR : errno, to);
    }
    sync_to_disk(target, to);
  } catch (...) {
    remove_empty_folders(root, to);
    throw;
  }
}

Digest digest_of(const struct stat& status) {
  const auto nanoseconds = [](const timespec& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
  };
  const std::array<std::uint64_t, 4> parts = {
      status.st_ino, static_cast<std::uint64_t>(status.st_size), nanoseconds(status.st_mtim),
      nanoseconds(status.st_ctim)};
  return Digest(std::as_bytes(std::span(parts)));
}

// Keys in order, the first `count` of those that are wanted.
class Listing {
 public:
  Listing(std::string_view prefix, std::string_view after, std::size_t count)
      : prefix_(prefix), after_(after), count_(count) {}

  void walk(int folder, const std::string& above) {
    for_each_name(folder, above, [&](const std::string& name) {
      const std::string key = above + name;
      if (!is_mutable_key(key)) return;
      struct stat status;
      if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return;  // gone meanwhile
        fail(errno, key);
      }
      if (S_ISREG(status.st_mode)) add(key);
      if (!S_ISDIR(status.st_mode) || !may_hold_wanted(key + "/")) return;
      const OpenFile inside = open_folder_at(folder, name);
      if (inside.is_open()) walk(inside.get(), key + "/");
    });
  }
  std::vector<std::string> keys() const { return {keys_.begin(), keys_.end()}; }

 private:
  void add(const std::string& key) {
    if (key <= after_ || !key.starts_with(prefix_)) return;
    keys_.insert(key);
    if (keys_.size() > count_) keys_.erase(std::prev(keys_.end()));
  }
  bool may_hold_wanted(const std::string& folder) const {
    const std::size_t common = std::min(folder.size(), prefix_.size());
    if (folder.compare(0, common, prefix_, 0, common) != 0) return false;
    return keys_.size() < count_ || folder < *keys_.rbegin();
  }

  std::string prefix_;
  std::string after_;
  std::size_t count_;
  std::set<std::string> keys_;
};

}  // namespace

struct MutableFolder::State {
  State(OpenFile folder, OpenFile scratch_folder)
      : root(std::move(folder)), scratch(std::move(scratch_folder)) {}
  // Given back before the descriptor is closed.
  ~State() { ::flock(scratch.get(), LOCK_UN); }

  // --- for threads of the pool, one at a time, under `changes` ---------------------------------

  // Makes what was written to a file in ".sundog" the contents of the key.
  void publish(const OpenFile& file, const std::string& name, const std::string& key) {
    stamp(file, key);
    sync_to_disk(file, key);
    rename_durably(root.get(), scratch.get(), name, key);
  }
  // No two versions have the same time: two changes within one tick of the kernel's clock would.
  void stamp(const OpenFile& file, const std::string& key) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const std::int64_t now_ns = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
    stamp_ns = std::max(now_ns, stamp_ns + 1);
    const timespec time = {.tv_sec = stamp_ns / 1'000'000'000, .tv_nsec = stamp_ns % 1'000'000'000};
    const std::array<timespec, 2> times = {time, time};
    if (::futimens(file.get(), times.data()) != 0) fail(errno, key);
  }

  // --- for the loop ----------------------------------------------------------------------------

  std::string next_name() { return "new-" + std::to_string(++name_count); }

  const OpenFile root;
  const OpenFile scratch;
  Mutex changes;
  std::uint64_t name_count = 0;
  std::int64_t stamp_ns = 0;
};

namespace {

// A file in ".sundog" that goes unless it has been published.
class Scratch {
 public:
  Scratch(int folder, const std::string& name, const std::string& key)
      : folder_(folder),
        name_(name),
        file_(open_at(folder, name, O_RDWR | O_CREAT | O_EXCL, 0666)) {
    if (!file_.is_open()) fail(errno, key);
  }
  ~Scratch() {
    if (file_.is_open()) ::unlinkat(folder_, name_.c_str(), 0);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const OpenFile& file() const noexcept { return file_; }
  // It is somebody else's now.
  OpenFile release() noexcept { return std::move(file_); }

 private:
  int folder_;
  const std::string& name_;
  OpenFile file_;
};

}  // namespace

MutableFolder::MutableFolder(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
MutableFolder::MutableFolder(MutableFolder&& other) noexcept = default;
MutableFolder& MutableFolder::operator=(MutableFolder&& other) noexcept = default;
MutableFolder::~MutableFolder() = default;

Task<MutableFolder> MutableFolder::connect(std::string path) {
  const auto open = [&path] {
    OpenFile root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root.is_open()) fail(errno, path);
    if (::mkdirat(root.get(), scratch_name, 0777) != 0 && errno != EEXIST) fail(errno, path);
    OpenFile scratch = open_folder_at(root.get(), scratch_name);
    if (!scratch.is_open()) fail(errno, path + "/" + scratch_name);
    if (::flock(scratch.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) fail(errno, "cannot lock " + path);
      fail(EBUSY, path + " is in use as a store already: end the program that has it open");
    }
    // What a power cut has left there was never published.
    for_each_name(scratch.get(), path,
                  [&](const std::string& name) { ::unlinkat(scratch.get(), name.c_str(), 0); });
    return std::make_unique<State>(std::move(root), std::move(scratch));
  };
  co_return MutableFolder(co_await offload(open));
}

Task<std::optional<MutableFolder::Entry>> MutableFolder::get(std::string_view key) {
  if (!is_mutable_key(key)) co_return std::nullopt;
  struct stat status;
  const auto open = [&, name = std::string(key)] {
    return open_contents(state_->root.get(), name, status);
  };
  OpenFile file = co_await offload(open);
  if (!file.is_open()) co_return std::nullopt;
  co_return Entry(Descriptor(file.release()), static_cast<std::uint64_t>(status.st_size),
                  digest_of(status), status.st_mtim.tv_sec);
}

Task<void> MutableFolder::set(std::string_view key, Bytes contents) {
  check_mutable_key(key);
  const auto guard = co_await state_->changes.lock();
  const auto change = [&, to = std::string(key), name = state_->next_name()] {
    Scratch scratch(state_->scratch.get(), name, to);
    write_all(scratch.file(), contents, 0, to);
    state_->publish(scratch.file(), name, to);
    scratch.release();
  };
  co_await offload(change);
}

Task<MutableFolder::Writer> MutableFolder::writer(std::string_view key) {
  check_mutable_key(key);
  std::string name = state_->next_name();
  const auto open = [&, to = std::string(key)] {
    return Scratch(state_->scratch.get(), name, to).release();
  };
  OpenFile file = co_await offload(open);
  co_return Writer(*state_, key, std::move(name), std::move(file));
}

MutableFolder::Writer& MutableFolder::Writer::operator=(Writer&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(key_, other.key_);
  std::swap(name_, other.name_);
  std::swap(file_, other.file_);
  std::swap(size_, other.size_);
  return *this;
}

MutableFolder::Writer::~Writer() {
  if (file_.is_open()) ::unlinkat(state_->scratch.get(), name_.c_str(), 0);
}

Task<void> MutableFolder::Writer::write(Bytes bytes) {
  SUNDOG_ASSERT(file_.is_open(), "nothing is written after commit()");
  const auto write_now = [&] { write_all(file_, bytes, size_, key_); };
  co_await offload(write_now);
  size_ += bytes.size();
}

Task<void> MutableFolder::Writer::commit() {
  SUNDOG_ASSERT(file_.is_open(), "a writer commits once");
  const auto guard = co_await state_->changes.lock();
  const auto change = [&] {
    state_->publish(file_, name_, key_);
    file_ = OpenFile(-1);
  };
  co_await offload(change);
}

Task<void> MutableFolder::set_part(std::string_view key, std::uint64_t offset, Bytes bytes) {
  check_mutable_key(key);
  const auto guard = co_await state_->changes.lock();
  const auto change = [&, to = std::string(key), name = state_->next_name()] {
    struct stat status;
    const OpenFile before = open_contents(state_->root.get(), to, status);
    if (!before.is_open()) fail(ENOENT, to);
    if (bytes.empty()) return;
    Scratch scratch(state_->scratch.get(), name, to);
    copy_all(before, scratch.file(), to);
    write_all(scratch.file(), bytes, offset, to);
    state_->publish(scratch.file(), name, to);
    scratch.release();
  };
  co_await offload(change);
}

Task<bool> MutableFolder::remove(std::string_view key) {
  check_mutable_key(key);
  const auto guard = co_await state_->changes.lock();
  const auto change = [&, name = std::string(key)] {
    const int root = state_->root.get();
    struct stat status;
    const OpenFile contents = open_contents(root, name, status);
    if (!contents.is_open()) return false;
    const OpenFile folder = folder_of(root, name, false);
    if (!folder.is_open()) return false;
    if (::unlinkat(folder.get(), last_name(name).c_str(), 0) != 0) fail(errno, name);
    sync_to_disk(folder, name);
    remove_empty_folders(root, name);
    return true;
  };
  co_return co_await offload(change);
}

Task<void> MutableFolder::rename(std::string_view from, std::string_view to) {
  check_mutable_key(from);
  check_mutable_key(to);
  const auto guard = co_await state_->changes.lock();
  const auto change = [&, source = std::string(from), target = std::string(to)] {
    const int root = state_->root.get();
    struct stat status;
    const OpenFile contents = open_contents(root, source, status);
    if (!contents.is_open()) fail(ENOENT, source);
    if (source == target) return;
    const OpenFile folder = folder_of(root, source, false);
    if (!folder.is_open()) fail(ENOENT, source);
    rename_durably(root, folder.get(), last_name(source), target);
    sync_to_disk(folder, source);
    remove_empty_folders(root, source);
  };
  co_await offload(change);
}

Task<std::vector<std::string>> MutableFolder::list(std::string_view prefix, std::string_view after,
                                                   std::size_t count) {
  const auto read = [&] {
    Listing listing(prefix, after, std::min(count, list_count_max));
    if (count != 0) listing.walk(state_->root.get(), "");
    return listing.keys();
  };
  co_return co_await offload(read);
}

}  // namespace sundog
