#include "sundog/io/unix/folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <system_error>
#include <vector>

#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/offload.hpp"
#include "sundog/io/unix/open_file.hpp"
#include "sundog/io/unix/spare_descriptors.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

static_assert(KeyValue<Folder>);

// Whether a folder of ours can have the name: not "", which is "//" or an end on '/', nor "." or
// "..", nor what is hidden.
bool may_name(std::string_view name) {
  if (name.empty() || name.find('\0') != name.npos) return false;
  return name.front() != '.' || name == ".well-known";
}

// All names between the key's slashes are.
bool is_well_formed(std::string_view key) {
  for (;;) {
    const std::size_t slash = key.find('/');
    if (!may_name(key.substr(0, slash))) return false;
    if (slash == key.npos) return true;
    key.remove_prefix(slash + 1);
  }
}

// Opening failed because there is no such file, and not because something is wrong.
bool means_absent(int error) {
  switch (error) {
    case ENOENT:        // there is none
    case ENOTDIR:       // a file where a folder would have to be, or a link instead of a folder
    case ELOOP:         // a link
    case ENXIO:         // a socket or such
    case ENAMETOOLONG:  // no file can be called so
      return true;
    default:
      return false;
  }
}

[[noreturn]] void fail(int error, const std::string& what) {
  const bool too_many = error == EMFILE || error == ENFILE;
  throw std::system_error(
      error, std::generic_category(),
      "cannot read " + what +
          (too_many ? ": close some files, or raise the limit (ulimit -n)" : ""));
}

int open_again(int folder, const char* name, int flags) {
  int fd;
  do {
    fd = ::openat(folder, name, flags | O_CLOEXEC | O_NOFOLLOW);
  } while (fd < 0 && (errno == EINTR || (errno == EMFILE && SpareDescriptors::shared().lend())));
  return fd;
}

// Opens what the key names, or gives a closed file when there is nothing of that name. Each name is
// looked up in the folder before it, never following a link: there is no moment at which a swapped
// name could lead elsewhere.
OpenFile open_key(int root, const std::string& key) {
  OpenFile folder(-1);
  std::size_t start = 0;
  for (;;) {
    const std::size_t end = key.find('/', start);
    const std::string name = key.substr(start, end - start);
    const bool is_last = end == std::string::npos;
    // O_NONBLOCK: opening a named pipe that nobody writes to would wait for ever.
    const int flags = is_last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY;
    OpenFile next(open_again(folder.is_open() ? folder.get() : root, name.c_str(), flags));
    if (!next.is_open()) {
      if (means_absent(errno)) {
        SUNDOG_PROBE("a key that names no file");
        return OpenFile(-1);
      }
      SUNDOG_PROBE("a file could not be opened");
      fail(errno, key);
    }
    if (is_last) return next;
    folder = std::move(next);
    start = end + 1;
  }
}

// The first `size` bytes, or as many as there are.
std::vector<std::byte> read_bytes(const OpenFile& file, std::size_t size, const std::string& key) {
  std::vector<std::byte> contents(size);
  std::size_t filled = 0;
  while (filled < size) {
    const auto count = ::read(file.get(), contents.data() + filled, size - filled);
    if (count < 0 && errno == EINTR) {
      SUNDOG_PROBE("reading a file was interrupted");
      continue;
    }
    if (count < 0) fail(errno, key);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  contents.resize(filled);
  return contents;
}

FileVersion version_of(const OpenFile& file, const std::string& key, bool& is_file) {
  struct stat status;
  if (::fstat(file.get(), &status) != 0) fail(errno, key);
  is_file = S_ISREG(status.st_mode);
  return FileVersion(status);
}

bool is_read_whole(const FileVersion& version, std::int64_t looked_at_ns) {
  const auto size = static_cast<std::uint64_t>(version.size_bytes);
  return size <= Folder::small_file_bytes ||
         (size <= KeptFiles::file_bytes_max && version.settled(looked_at_ns));
}

// What a thread of the pool brings back: nothing, if there is no such file; else its contents, or
// the file, open.
struct Loaded {
  FileVersion version;
  std::int64_t looked_at_ns = 0;
  Digest digest;
  KeptFiles::Contents contents;
  OpenFile file{-1};
};

Loaded load_file(int root, const std::string& key) {
  for (int tries_left = Folder::read_tries_max; tries_left > 0; --tries_left) {
    Loaded loaded;
    OpenFile file = open_key(root, key);
    if (!file.is_open()) return loaded;
    loaded.looked_at_ns = wall_clock_ns();
    bool is_file = false;
    const FileVersion version = version_of(file, key, is_file);
    if (!is_file) return loaded;
    loaded.version = version;
    if (version.settled(loaded.looked_at_ns)) loaded.digest = version.digest();
    if (!is_read_whole(version, loaded.looked_at_ns)) {
      loaded.file = std::move(file);
      return loaded;
    }
    const auto size = static_cast<std::size_t>(version.size_bytes);
    auto bytes = read_bytes(file, size, key);
    if (bytes.size() < size || !version.begins(version_of(file, key, is_file))) {
      SUNDOG_PROBE("a file changed while it was read");
      continue;
    }
    loaded.contents =
        std::make_shared<const FileContents>(std::move(bytes), loaded.digest, version.modified_s());
    return loaded;
  }
  SUNDOG_PROBE("a file changed in every reading");
  fail(EAGAIN, key);
}

// The folder that the key names, or nothing; the root has an empty key.
OpenFile open_folder(int root, const std::string& key) {
  if (key.empty()) return OpenFile(open_again(root, ".", O_RDONLY | O_DIRECTORY));
  const std::size_t last = key.rfind('/');
  OpenFile parent(-1);
  int above = root;
  if (last != std::string::npos) {
    parent = open_folder(root, key.substr(0, last));
    if (!parent.is_open()) return parent;
    above = parent.get();
  }
  const std::string name = last == std::string::npos ? key : key.substr(last + 1);
  OpenFile folder(open_again(above, name.c_str(), O_RDONLY | O_DIRECTORY));
  if (!folder.is_open() && !means_absent(errno)) fail(errno, key);
  return folder;
}

std::optional<std::vector<ListedName>> list_names(int root, const std::string& key) {
  OpenFile folder = open_folder(root, key);
  if (!folder.is_open()) return std::nullopt;
  const std::unique_ptr<DIR, int (*)(DIR*)> names(::fdopendir(folder.get()), ::closedir);
  if (names == nullptr) fail(errno, key);
  const int fd = folder.release();  // closed with `names`
  std::vector<ListedName> found;
  while (const dirent* entry = ::readdir(names.get())) {
    struct stat status;
    if (!may_name(entry->d_name)) continue;
    if (::fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) continue;
    ListedName& name = found.emplace_back();
    name.name = entry->d_name;
    name.is_folder = S_ISDIR(status.st_mode);
    name.size = name.is_folder ? 0 : static_cast<std::uint64_t>(status.st_size);
    if (found.size() == list_folder_max) break;
  }
  std::sort(found.begin(), found.end(),
            [](const ListedName& a, const ListedName& b) { return a.name < b.name; });
  return found;
}

enum class Seen { file, nothing, unclear };

// Looks at what the key names without ever waiting for a disk: what the kernel has not in its
// memory, and whatever is wrong, is `unclear`. The kernel walks the whole path, with the same rules
// as open_key().
Seen look_at(int root, std::string_view key, FileVersion& version) {
  std::array<char, 256> name;
  if (key.size() >= name.size()) return Seen::unclear;
  name[key.copy(name.data(), key.size())] = '\0';
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW;
  how.resolve = RESOLVE_CACHED | RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  int fd;
  do {
    fd = static_cast<int>(::syscall(SYS_openat2, root, name.data(), &how, sizeof how));
  } while (fd < 0 && errno == EMFILE && SpareDescriptors::shared().lend());
  const OpenFile file(fd);
  if (!file.is_open()) return means_absent(errno) ? Seen::nothing : Seen::unclear;
  struct stat status;
  if (::fstat(file.get(), &status) != 0) return Seen::unclear;
  if (!S_ISREG(status.st_mode)) return Seen::nothing;
  version = FileVersion(status);
  return Seen::file;
}

}  // namespace

struct Folder::State {
  explicit State(Descriptor folder) noexcept : root(std::move(folder)) {}

  // Of all that are open now; those that are not are forgotten on the way.
  std::shared_ptr<const OpenVersion> find_open(std::string_view key, const FileVersion& version) {
    const auto found = open.find(key);
    if (found == open.end()) return nullptr;
    auto file = found->second.lock();
    return file != nullptr && file->version() == version ? file : nullptr;
  }
  void note_open(std::string_view key, const std::shared_ptr<const OpenVersion>& file) {
    std::erase_if(open, [](const auto& noted) { return noted.second.expired(); });
    open.insert_or_assign(std::string(key), file);
  }

  Descriptor root;
  SpareDescriptors::Keeper spares;
  KeptFiles kept;
  std::map<std::string, std::weak_ptr<const OpenVersion>, std::less<>> open;
  // What is being loaded: others who want the same wait for it, since many at once would take the
  // memory or the descriptors of many.
  std::map<std::string, Future<void>, std::less<>> loads;
};

namespace {

// Tells others that a key is being loaded, as long as it lives.
template <class Loads>
class Announcement {
 public:
  Announcement(Loads& loads, std::string_view key) : loads_(loads) {
    auto pair = wait<void>();
    place_ = loads.emplace(std::string(key), std::move(pair.first)).first;
    done_.emplace(std::move(pair.second));
  }
  Announcement(const Announcement&) = delete;
  Announcement& operator=(const Announcement&) = delete;
  ~Announcement() {
    loads_.erase(place_);
    done_->wakeup();
  }

 private:
  Loads& loads_;
  typename Loads::iterator place_;
  std::optional<Wakener<void>> done_;
};

}  // namespace

Folder::Folder(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Folder::Folder(Folder&& other) noexcept = default;
Folder& Folder::operator=(Folder&& other) noexcept = default;
Folder::~Folder() = default;

Task<std::size_t> Folder::Entry::copy(KeptFiles::Contents contents, std::uint64_t offset,
                                      MutableBytes buffer) {
  co_return co_await ReadFromMemory(contents->bytes, offset, buffer);
}

Task<Folder> Folder::connect(std::string path) {
  const auto open = [&path] {
    OpenFile folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder.is_open()) fail(errno, path);
    // Opening it so takes no permission; opening its files does.
    if (::faccessat(folder.get(), ".", X_OK, AT_EACCESS) != 0) {
      throw std::system_error(errno, std::generic_category(),
                              "no file in " + path +
                                  " could be opened: let the user that runs this search it "
                                  "(chmod +x), or run as its owner");
    }
    return folder.release();
  };
  const int fd = co_await offload(open);
  co_return Folder(std::make_unique<State>(Descriptor(fd)));
}

Task<std::optional<Folder::Entry>> Folder::get(std::string_view key) {
  if (!is_well_formed(key)) co_return std::nullopt;
  State& state = *state_;
  std::optional<Announcement<decltype(state.loads)>> announcement;
  FileVersion version;
  Seen seen = look_at(state.root.get(), key, version);
  for (bool has_waited = false; seen == Seen::file; has_waited = true) {
    if (auto kept = state.kept.find(key, version)) co_return Entry(std::move(kept));
    if (auto file = state.find_open(key, version)) co_return Entry(std::move(file));
    const auto load = state.loads.find(key);
    // A file that is small and cannot be kept is nothing to wait for.
    const bool is_shared = static_cast<std::uint64_t>(version.size_bytes) > small_file_bytes ||
                           version.settled(wall_clock_ns());
    if (load == state.loads.end() && is_shared) announcement.emplace(state.loads, key);
    if (load == state.loads.end() || !is_shared || has_waited) break;
    SUNDOG_PROBE("a file was being loaded already");
    const Future<void> loaded = load->second;
    co_await loaded;
    seen = look_at(state.root.get(), key, version);
  }
  if (seen == Seen::nothing) co_return std::nullopt;
  const auto load = [root = state.root.get(), name = std::string(key)] {
    return load_file(root, name);
  };
  Loaded loaded = co_await offload(load);
  if (loaded.contents != nullptr) {
    state.kept.keep(key, loaded.version, loaded.looked_at_ns, loaded.contents);
    co_return Entry(std::move(loaded.contents));
  }
  if (!loaded.file.is_open()) co_return std::nullopt;
  const auto file = std::make_shared<const OpenVersion>(Descriptor(loaded.file.release()),
                                                        loaded.version, loaded.digest);
  state.note_open(key, file);
  co_return Entry(file);
}

Task<std::optional<std::vector<ListedName>>> Folder::list_folder(std::string_view key) {
  if (!key.empty() && !is_well_formed(key)) co_return std::nullopt;
  const auto list = [root = state_->root.get(), name = std::string(key)] {
    return list_names(root, name);
  };
  co_return co_await offload(list);
}

}  // namespace sundog
