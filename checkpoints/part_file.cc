#include "checkpoints/part_file.h"

#include <utility>

namespace understudy {

PartFile::PartFile(const std::filesystem::path& folder, std::string name, const FileSystem& files)
    : file_(files.create(folder / name)) {
  info_.name = std::move(name);
}

void PartFile::write(std::span<const std::byte> bytes) {
  hash_.update(bytes);
  info_.size += bytes.size();
  file_->write(bytes);
}

PartInfo PartFile::finish() {
  file_->sync();
  file_->close();
  info_.sha256 = hash_.hex_digest();
  return info_;
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
