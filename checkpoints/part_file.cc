#include "checkpoints/part_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

/// Small enough to stay in a core's cache between hashing and writing: the writer shares memory with training.
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

}  // namespace

PartFile::PartFile(const std::filesystem::path& folder, std::string name, const FileSystem& files)
    : file_(files.create(folder / name)) {
  info_.name = std::move(name);
}

void PartFile::write(std::span<const std::byte> bytes) {
  info_.size += bytes.size();
  while (!bytes.empty()) {
    const std::span<const std::byte> piece = bytes.first(std::min(bytes.size(), kPieceBytes));
    hash_.update(piece);
    file_->write(piece);
    bytes = bytes.subspan(piece.size());
  }
}

PartInfo PartFile::finish() {
  file_->sync();
  file_->close();
  info_.sha256 = hash_.hex_digest();
  return info_;
}

void ReadBack::expect(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (found_.empty()) found_ = file_.next();
    if (found_.empty()) fail(fmt::format("ends after {} bytes where more were written", offset_));
    const std::size_t count = std::min(bytes.size(), found_.size());
    if (std::memcmp(found_.data(), bytes.data(), count) != 0)
      fail(fmt::format("the storage gives back other bytes than were written, after byte {}", offset_));
    offset_ += count;
    found_ = found_.subspan(count);
    bytes = bytes.subspan(count);
  }
}

void ReadBack::expect_end() {
  if (!found_.empty() || !file_.next().empty()) fail(fmt::format("goes on after the {} bytes written", offset_));
}

void ReadBack::fail(std::string_view reason) const {
  throw StorageError(fmt::format("{}: {}", file_.path().string(), reason));
}

PartInfo write_part(const std::filesystem::path& folder,
                    std::string name,
                    std::string_view text,
                    const FileSystem& files) {
  PartFile file(folder, std::move(name), files);
  file.write(std::as_bytes(std::span(text.data(), text.size())));
  return file.finish();
}

}  // namespace understudy
