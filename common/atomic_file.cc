#include "common/atomic_file.h"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/errors.h"

namespace understudy {
namespace {

std::filesystem::path parent_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

constexpr std::string_view kTemporary = ".tmp.";

bool is_temporary(const std::string& name) {
  const std::size_t mark = name.rfind(kTemporary);
  return mark != std::string::npos && mark > 0 &&
         name.find_first_not_of("0123456789", mark + kTemporary.size()) == std::string::npos;
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path, const FileSystem& files)
    : files_(files),
      path_(std::move(path)),
      temporary_(fmt::format("{}{}{}", path_.string(), kTemporary, ::getpid())),
      file_(files.create(temporary_)) {}

AtomicFile::~AtomicFile() {
  if (committed_) return;
  file_.reset();
  try {
    files_.remove(temporary_);
  } catch (const FileError&) {
    // What went wrong before is on its way to the caller.
  }
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  file_->write(bytes);
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text.data(), text.size())));
}

void AtomicFile::commit() {
  file_->sync();
  file_->close();
  files_.rename(temporary_, path_);
  committed_ = true;
  files_.sync_folder(parent_of(path_));
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text, const FileSystem& files) {
  AtomicFile file(path, files);
  file.write(text);
  file.commit();
}

void remove_unpublished_files(const std::filesystem::path& folder, const FileSystem& files) {
  std::error_code none;
  std::vector<std::filesystem::path> left;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (is_temporary(entry.path().filename().string())) left.push_back(entry.path());
  }
  for (const std::filesystem::path& path : left) files.remove(path);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw_file_error(path, "open for reading", errno);
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) throw_file_error(path, "read", errno);
  return std::move(text).str();
}

void sync_file(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw_file_error(path, "open to sync", errno);
  const int result = ::fsync(descriptor);
  const int reason = errno;
  ::close(descriptor);
  if (result != 0) throw_file_error(path, "sync", reason);
}

void publish_folder(const std::filesystem::path& temporary,
                    const std::filesystem::path& final_name,
                    const FileSystem& files) {
  files.sync_folder(temporary);
  // A folder that holds anything is never replaced by rename; an empty one may be, and nothing is lost by it.
  files.rename(temporary, final_name);
  files.sync_folder(parent_of(final_name));
}

}  // namespace understudy
