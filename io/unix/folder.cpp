#include "sundog/io/unix/folder.hpp"

#include <endian.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <system_error>

#include "sundog/io/unix/offload.hpp"
#include "sundog/io/unix/open_file.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

static_assert(KeyValue<Folder>);

// The names between the key's slashes are all ones that a folder of ours can have: "" is "//" or an
// end on '/'; a first '.' is "." or ".." or hidden.
bool is_well_formed(std::string_view key) {
  bool at_start = true;
  for (const char c : key) {
    if (c == '\0' || (at_start && (c == '/' || c == '.'))) return false;
    at_start = c == '/';
  }
  return !at_start;
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
  } while (fd < 0 && errno == EINTR);
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

std::vector<std::byte> read_all(const OpenFile& file, std::size_t size_expected,
                                const std::string& key) {
  std::vector<std::byte> contents(size_expected + 1);  // one more, to see the end without growing
  std::size_t filled = 0;
  for (;;) {
    if (filled > Folder::file_bytes_max) {
      SUNDOG_PROBE("a file grew beyond the limit while it was read");
      fail(EFBIG, key);
    }
    if (filled == contents.size()) contents.resize(filled + filled / 2);
    const auto count = ::read(file.get(), contents.data() + filled, contents.size() - filled);
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

// Size and FNV-1a (64 bits) of the contents: the same on every machine that has the same file.
Digest digest_of(std::span<const std::byte> contents) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::byte byte : contents) {
    hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  }
  const std::array<std::uint64_t, 2> parts = {htobe64(contents.size()), htobe64(hash)};
  return Digest(std::as_bytes(std::span(parts)));
}

struct stat status_of(const OpenFile& file, const std::string& key) {
  struct stat status;
  if (::fstat(file.get(), &status) != 0) fail(errno, key);
  return status;
}

std::int64_t wall_clock_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// What a thread of the pool brings back.
struct FileRead {
  FileVersion version;
  std::int64_t read_ns = 0;
  KeptFiles::Contents contents;  // null if there is no such file
};

FileRead read_file(int root, const std::string& key) {
  FileRead read;
  for (int tries_left = Folder::read_tries_max; tries_left > 0; --tries_left) {
    const OpenFile file = open_key(root, key);
    if (!file.is_open()) return read;
    read.read_ns = wall_clock_ns();
    const struct stat before = status_of(file, key);
    if (!S_ISREG(before.st_mode)) return read;
    const auto size = static_cast<std::uint64_t>(before.st_size);
    if (size > Folder::file_bytes_max) {
      SUNDOG_PROBE("a file beyond the limit");
      fail(EFBIG, key);
    }
    auto bytes = read_all(file, static_cast<std::size_t>(size), key);
    read.version = FileVersion(before);
    if (FileVersion(status_of(file, key)) != read.version) {
      SUNDOG_PROBE("a file changed while it was read");
      continue;
    }
    const Digest digest = digest_of(bytes);
    read.contents =
        std::make_shared<const FileContents>(std::move(bytes), digest, before.st_mtim.tv_sec);
    return read;
  }
  SUNDOG_PROBE("a file changed in every reading");
  fail(EAGAIN, key);
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
  const OpenFile file(
      static_cast<int>(::syscall(SYS_openat2, root, name.data(), &how, sizeof how)));
  if (!file.is_open()) return means_absent(errno) ? Seen::nothing : Seen::unclear;
  struct stat status;
  if (::fstat(file.get(), &status) != 0) return Seen::unclear;
  if (!S_ISREG(status.st_mode)) return Seen::nothing;
  version = FileVersion(status);
  return Seen::file;
}

}  // namespace

Task<Folder> Folder::connect(std::string path) {
  const auto open = [&path] {
    const int fd = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) fail(errno, path);
    return fd;
  };
  const int fd = co_await offload(open);
  co_return Folder(Descriptor(fd));
}

Task<std::optional<Folder::Entry>> Folder::get(std::string_view key) {
  if (!is_well_formed(key)) co_return std::nullopt;
  FileVersion version;
  const Seen seen = look_at(folder_.get(), key, version);
  if (seen == Seen::nothing) co_return std::nullopt;
  if (seen == Seen::file) {
    if (auto kept = kept_.find(key, version)) co_return Entry(std::move(kept));
  }
  const auto read = [root = folder_.get(), name = std::string(key)] {
    return read_file(root, name);
  };
  auto file = co_await offload(read);
  if (file.contents == nullptr) co_return std::nullopt;
  kept_.keep(key, file.version, file.read_ns, file.contents);
  co_return Entry(std::move(file.contents));
}

}  // namespace sundog
