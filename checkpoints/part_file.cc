#include "checkpoints/part_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace understudy {
namespace {

/// Small enough to stay in a core's cache between hashing and writing, reading and comparing: the writer shares memory
/// with training.
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

ReadBack::ReadBack(std::filesystem::path path) : file_(std::move(path)), found_(kPieceBytes) {
  file_.forget_cached();
}

void ReadBack::expect(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), found_.size());
    const std::span<std::byte> found(found_.data(), count);
    file_.read(offset_, found);
    if (std::memcmp(found.data(), bytes.data(), count) != 0)
      file_.fail(fmt::format("the storage gives back other bytes than were written, after byte {}", offset_));
    offset_ += count;
    bytes = bytes.subspan(count);
  }
}

void ReadBack::expect_end() const {
  if (offset_ != file_.size()) file_.fail(fmt::format("has {} bytes where {} were written", file_.size(), offset_));
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
