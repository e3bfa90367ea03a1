#include "sundog/io/unix/file_block.hpp"

#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <system_error>

#include "sundog/io/unix/failure.hpp"
#include "sundog/io/unix/offload.hpp"

namespace sundog {
namespace {

// How many pieces the kernel is asked for at once; more take further requests.
constexpr std::size_t vector_pieces_max = 64;

[[noreturn]] void fail(int error, const std::string& message) { throw failure(error, message); }

// What is Request::ReadVector or Request::WriteVector.
template <class What>
class VectorOperation final : public KernelOperation {
 public:
  VectorOperation(int file, std::span<const iovec> pieces, std::uint64_t from) noexcept
      : KernelOperation(file, What{pieces, static_cast<std::int64_t>(from)}) {}
  std::size_t await_resume() const { return static_cast<std::size_t>(value()); }
};

// A place in a list of pieces, of which some bytes have been transferred.
template <class Piece>
class Position {
 public:
  explicit Position(std::span<const Piece> pieces) noexcept : pieces_(pieces) { skip(0); }

  bool at_end() const noexcept { return pieces_.empty(); }
  // What comes next, as the kernel wants it.
  std::span<const iovec> vector(std::array<iovec, vector_pieces_max>& space) const noexcept {
    const std::size_t count = std::min(pieces_.size(), space.size());
    for (std::size_t i = 0; i < count; ++i) {
      space[i].iov_base = const_cast<std::byte*>(pieces_[i].data());
      space[i].iov_len = pieces_[i].size();
    }
    space[0].iov_base = static_cast<std::byte*>(space[0].iov_base) + done_of_first_;
    space[0].iov_len -= done_of_first_;
    return std::span(space).first(count);
  }
  void skip(std::size_t bytes) noexcept {
    done_of_first_ += bytes;
    while (!pieces_.empty() && done_of_first_ >= pieces_.front().size()) {
      done_of_first_ -= pieces_.front().size();
      pieces_ = pieces_.subspan(1);
    }
  }

 private:
  std::span<const Piece> pieces_;
  std::size_t done_of_first_ = 0;
};

template <class What, class Piece>
Task<void> transfer(int file, std::uint64_t offset, std::span<const Piece> pieces) {
  Position<Piece> position(pieces);
  while (!position.at_end()) {
    std::array<iovec, vector_pieces_max> space;
    const std::size_t count = co_await VectorOperation<What>(file, position.vector(space), offset);
    if (count == 0) fail(EIO, "the disk's file has become shorter than it was when it was opened");
    position.skip(count);
    offset += count;
  }
}

// Size and sector size of what was opened. Asks the kernel's memory, not the disk.
BlockGeometry measure(int file, const FileBlockOptions& options, const std::string& path,
                      bool& is_disk) {
  struct stat status;
  if (::fstat(file, &status) != 0) fail(errno, "cannot stat " + path);
  is_disk = S_ISBLK(status.st_mode);
  if (!is_disk && !S_ISREG(status.st_mode)) {
    fail(EINVAL, path + " is neither a file nor a block device");
  }
  BlockGeometry geometry;
  geometry.is_read_only = options.read_only;
  geometry.sector_bytes = options.sector_bytes;
  auto bytes = static_cast<std::uint64_t>(status.st_size);
  if (is_disk) {
    int sector_bytes = 0;
    if (::ioctl(file, BLKSSZGET, &sector_bytes) != 0 || ::ioctl(file, BLKGETSIZE64, &bytes) != 0) {
      fail(errno, "cannot ask for the size of " + path);
    }
    geometry.sector_bytes = static_cast<std::uint32_t>(sector_bytes);
  }
  if (bytes % geometry.sector_bytes != 0) {
    fail(EINVAL, path + " has " + std::to_string(bytes) + " bytes, which is no whole number of " +
                     std::to_string(geometry.sector_bytes) +
                     "-byte sectors: is it a disk's image? Give it another size: truncate -s SIZE "
                     "FILE");
  }
  geometry.sector_count = bytes / geometry.sector_bytes;
  return geometry;
}

// 0 or an errno. What cannot be discarded stays as it is.
int discard_now(int file, bool is_disk, std::uint64_t offset, std::uint64_t bytes) noexcept {
  for (;;) {
    int result;
    if (is_disk) {
      std::array<std::uint64_t, 2> range = {offset, bytes};
      result = ::ioctl(file, BLKDISCARD, range.data());
    } else {
      result = ::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                           static_cast<off_t>(offset), static_cast<off_t>(bytes));
    }
    if (result == 0 || errno == EOPNOTSUPP || errno == ENOTTY) return 0;
    if (errno != EINTR) return errno;
  }
}

}  // namespace

FileBlock::LockedFile::LockedFile(File file, bool read_only, const std::string& path)
    : file_(std::move(file)) {
  if (::flock(file_.descriptor(), (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) fail(errno, "cannot lock " + path);
  fail(EBUSY, path +
                  " is in use as a disk already: end the program that has it open, or open it "
                  "in both for reading only");
}

FileBlock::LockedFile::~LockedFile() {
  if (file_.descriptor() >= 0) ::flock(file_.descriptor(), LOCK_UN);
}

Task<FileBlock> FileBlock::connect(std::string path, FileBlockOptions options) {
  SUNDOG_ASSERT(options.sector_bytes >= 512 && std::has_single_bit(options.sector_bytes),
                "a sector has 512 bytes, or 1024, 2048, ...");
  const int flags = options.read_only ? O_RDONLY : O_RDWR;
  File opened = co_await File::open(path, flags);
  LockedFile file(std::move(opened), options.read_only, path);
  bool is_disk = false;
  const BlockGeometry geometry = measure(file->descriptor(), options, path, is_disk);
  co_return FileBlock(std::move(file), geometry, is_disk);
}

Task<void> FileBlock::read(std::uint64_t sector, std::span<const MutableBytes> buffers) {
  check_read(geometry_, sector, buffers);
  co_await transfer<Request::ReadVector>(file_->descriptor(), sector * geometry_.sector_bytes,
                                         buffers);
}

Task<void> FileBlock::read(std::uint64_t sector, MutableBytes buffer) {
  co_await read(sector, std::span<const MutableBytes>(&buffer, 1));
}

Task<void> FileBlock::write(std::uint64_t sector, std::span<const Bytes> parts) {
  check_write(geometry_, sector, parts);
  co_await transfer<Request::WriteVector>(file_->descriptor(), sector * geometry_.sector_bytes,
                                          parts);
}

Task<void> FileBlock::write(std::uint64_t sector, Bytes bytes) {
  co_await write(sector, std::span<const Bytes>(&bytes, 1));
}

Task<void> FileBlock::flush() {
  if (geometry_.is_read_only) co_return;
  co_await file_->sync(true);
}

Task<void> FileBlock::discard(std::uint64_t sector, std::uint64_t count) {
  check_discard(geometry_, sector, count);
  if (count == 0) co_return;
  const auto now = [file = file_->descriptor(), is_disk = is_disk_,
                    offset = sector * geometry_.sector_bytes,
                    bytes = count * geometry_.sector_bytes] {
    return discard_now(file, is_disk, offset, bytes);
  };
  const int error = co_await offload(now);
  if (error != 0) fail(error, "cannot discard sectors");
}

}  // namespace sundog
