#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoints/file_reader.h"
#include "checkpoints/part_file.h"

namespace understudy {

/// One uncompressed file inside a zip.
struct ZipRecord {
  std::uint64_t offset = 0;  ///< of its data in the file
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;  ///< CRC-32 of its data as the directory states it
};

/// Directory of a zip (with the 64-bit extensions) whose records are stored uncompressed, as PyTorch writes them.
/// Names come without the top folder, which PyTorch names after the file.
/// @throws CheckpointError  for a damaged directory, a compressed or encrypted record, a record outside the file
std::map<std::string, ZipRecord> read_zip_directory(const FileReader& file);

/// Data of a record into `bytes`, which has its size. @throws CheckpointError  when its CRC-32 differs
void read_zip_record(const FileReader& file,
                     const std::string& name,
                     const ZipRecord& record,
                     std::span<std::byte> bytes);

/// Writes such a zip front to back: data aligned to 64 bytes, 64-bit sizes throughout, no times.
class ZipWriter {
 public:
  explicit ZipWriter(ByteSink sink) : sink_(std::move(sink)) {}
  void add(const std::string& name, std::span<const std::byte> data);
  void add(const std::string& name, std::string_view text);
  void finish();

 private:
  struct Entry {
    std::string name;
    std::uint64_t header_offset;
    std::uint64_t bytes;
    std::uint32_t crc;
  };
  void emit(std::string_view bytes);
  std::string directory() const;

  ByteSink sink_;
  std::uint64_t position_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace understudy
