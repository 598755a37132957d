#include "data_pipeline/shard_cache.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/errors.h"
#include "common/hash.h"
#include "common/log.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = std::size_t{8} << 20;
constexpr std::string_view kCopy = ".copy";
constexpr std::string_view kPartial = ".copy.partial";
constexpr std::string_view kLockName = "lock";

/// Owns a descriptor, and with it the lock on its file.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  int get() const { return descriptor_; }
  bool lock(int how) const { return descriptor_ >= 0 && ::flock(descriptor_, how) == 0; }

 private:
  int descriptor_;
};

/// A copy and the shared lock that keeps it.
struct HeldCopy {
  Descriptor lock;
  PlainFile file;
};

std::shared_ptr<const PlainFile> hold(Descriptor lock, const fs::path& path) {
  const auto held = std::make_shared<HeldCopy>(HeldCopy{std::move(lock), PlainFile(path)});
  return {held, &held->file};
}

struct Listed {
  fs::path path;
  std::uint64_t bytes;
  fs::file_time_type used;
};

std::vector<Listed> list(const fs::path& folder) {
  std::vector<Listed> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(kCopy) && !name.ends_with(kPartial)) continue;
    found.push_back({entry.path(), entry.file_size(), entry.last_write_time()});
  }
  // What a process that died has left is the first to go.
  const auto rank = [](const Listed& l) { return std::pair(l.path.string().ends_with(kCopy), l.used); };
  std::sort(found.begin(), found.end(), [&](const Listed& a, const Listed& b) { return rank(a) < rank(b); });
  return found;
}

/// Removes a file unless a process has it open.
bool remove_unused(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file.lock(LOCK_EX | LOCK_NB) && fs::remove(path);
}

void write_all(int descriptor, std::span<const std::byte> bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw FileError(fmt::format("{}: cannot write: {}", path.string(), std::strerror(errno)));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

/// @return  SHA-256 of what was copied; "" when asked to stop
std::string copy(
    const PlainFile& source, std::uint64_t bytes, int target, const fs::path& path, const std::stop_token& stop) {
  Sha256 hash;
  std::vector<std::byte> block;
  for (std::uint64_t done = 0; done < bytes; done += block.size()) {
    if (stop.stop_requested()) return "";
    block.resize(std::min<std::uint64_t>(kBlock, bytes - done));
    source.read_at(done, block);
    hash.update(block);
    write_all(target, block, path);
  }
  return hash.hex_digest();
}

bool is_full(int error) {
  return error == ENOSPC || error == EDQUOT;
}

/// Gives a new file its size; where the disk has no room, copies that nobody has open make way, the oldest first,
/// unless all of them would not be enough. @return  an error number, 0: done
int allocate(int file, std::uint64_t bytes, const fs::path& folder) {
  const auto attempt = [&] { return ::posix_fallocate(file, 0, static_cast<off_t>(bytes)); };
  int error = attempt();
  if (!is_full(error)) return error;
  const std::vector<Listed> files = list(folder);
  std::uint64_t reach = fs::space(folder).available;
  for (const Listed& listed : files) reach += listed.bytes;
  for (auto listed = files.begin(); listed != files.end() && is_full(error) && reach >= bytes; ++listed) {
    if (remove_unused(listed->path)) error = attempt();
  }
  return error;
}

}  // namespace

ShardCache::ShardCache(fs::path folder, std::uint64_t capacity) : folder_(std::move(folder)), capacity_(capacity) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (!error && ::access(folder_.c_str(), W_OK) == 0) return;
  throw FileError(fmt::format("{}: cannot keep copies of shards here: {}; name another folder as data.cache",
                              folder_.string(),
                              error ? error.message() : std::strerror(errno)));
}

/// A copy that is there and whose structure is as it should be; its payload is checked frame by frame.
std::shared_ptr<const PlainFile> ShardCache::find(const FileEntry& entry) const {
  const fs::path path = folder_ / (entry.sha256 + std::string(kCopy));
  Descriptor lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!lock.lock(LOCK_SH | LOCK_NB)) return nullptr;
  FileEntry named = entry;
  named.file = path.filename().string();
  try {
    require_structure(folder_, named);
  } catch (const DataError& error) {
    spdlog::warn("{}; the copy is made again", error.what());
    fs::remove(path);
    return nullptr;
  }
  fs::last_write_time(path, fs::file_time_type::clock::now());
  return hold(std::move(lock), path);
}

bool ShardCache::make_room(std::uint64_t bytes) const {
  std::vector<Listed> files = list(folder_);
  std::uint64_t taken = 0;
  for (const Listed& file : files) taken += file.bytes;
  for (auto file = files.begin(); file != files.end() && taken + bytes > capacity_; ++file) {
    if (remove_unused(file->path)) taken -= file->bytes;
  }
  return taken + bytes <= capacity_;
}

/// An empty file of full size under an exclusive lock, so that it counts for others; -1 when there is no room or
/// another process has it.
int ShardCache::reserve(const FileEntry& entry) const {
  const fs::path path = folder_ / (entry.sha256 + std::string(kPartial));
  if (fs::exists(path) && !remove_unused(path)) return -1;
  if (!make_room(entry.bytes)) return -1;
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return -1;
  const int error = ::flock(file, LOCK_EX | LOCK_NB) != 0 ? errno : allocate(file, entry.bytes, folder_);
  if (error == 0) return file;
  if (!told_.exchange(true)) {
    spdlog::warn("{}: has no room for a copy of {} bytes: {}; what has none is read from its place; free space there",
                 folder_.string(),
                 entry.bytes,
                 std::strerror(error));
  }
  fs::remove(path);
  ::close(file);
  return -1;
}

std::shared_ptr<const PlainFile> ShardCache::fetch(const fs::path& source,
                                                   const FileEntry& entry,
                                                   const std::stop_token& stop) const {
  const fs::path partial = folder_ / (entry.sha256 + std::string(kPartial));
  const fs::path path = folder_ / (entry.sha256 + std::string(kCopy));
  try {
    Descriptor file(-1);
    {
      const Descriptor turn(::open((folder_ / kLockName).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
      if (!turn.lock(LOCK_EX)) return nullptr;
      if (auto found = find(entry)) return found;
      file = Descriptor(reserve(entry));
    }
    if (file.get() < 0) return nullptr;
    const std::string found = copy(PlainFile(source), entry.bytes, file.get(), partial, stop);
    if (found == entry.sha256) {
      fs::rename(partial, path);
      file.lock(LOCK_SH);
      return hold(std::move(file), path);
    }
    fs::remove(partial);
    if (!found.empty()) spdlog::warn("{}: is damaged or was read wrongly, so no copy of it is kept", source.string());
  } catch (const std::exception& error) {
    spdlog::warn("no copy of {} in {}: {}", source.string(), folder_.string(), error.what());
    std::error_code ignored;
    fs::remove(partial, ignored);
  }
  return nullptr;
}

}  // namespace understudy
