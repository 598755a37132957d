#include "data_pipeline/file_entry.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"
#include "data_pipeline/hdf5_file.h"
#include "data_pipeline/plain_file.h"

namespace understudy {
namespace {

constexpr std::uint64_t kBlock = std::uint64_t{1} << 20;

std::vector<ByteRange> locate_payload(const std::filesystem::path& path, std::span<const std::string_view> tables) {
  std::vector<ByteRange> ranges;
  if (tables.empty()) return ranges;
  const Hdf5Reader structure(path);
  for (const std::string_view table : tables) {
    const TablePlace place = structure.locate(std::string(table));
    if (place.bytes > 0) ranges.push_back({place.offset, place.bytes});
  }
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  return ranges;
}

void update(Sha256& hash, const PlainFile& file, std::uint64_t begin, std::uint64_t end) {
  std::vector<std::byte> block(std::min(kBlock, end - begin));
  for (; begin < end; begin += block.size()) {
    block.resize(std::min(kBlock, end - begin));
    file.read_at(begin, block);
    hash.update(block);
  }
}

/// Hash of what lies outside the payload. The ranges were checked to be ascending and within the file.
std::string hash_structure(const PlainFile& file, std::uint64_t bytes, std::span<const ByteRange> payload) {
  Sha256 hash;
  std::uint64_t begin = 0;
  for (const ByteRange& range : payload) {
    update(hash, file, begin, range.offset);
    begin = range.offset + range.bytes;
  }
  update(hash, file, begin, bytes);
  return hash.hex_digest();
}

}  // namespace

FileEntry measure_file(const std::filesystem::path& path, std::span<const std::string_view> payload_tables) {
  FileEntry entry{path.filename().string(), std::filesystem::file_size(path), sha256_of_file(path), {}, {}};
  entry.payload = locate_payload(path, payload_tables);
  entry.structure_sha256 =
      entry.payload.empty() ? entry.sha256 : hash_structure(PlainFile(path), entry.bytes, entry.payload);
  return entry;
}

std::string size_problem(const std::filesystem::path& folder, const FileEntry& entry) {
  const std::filesystem::path path = folder / entry.file;
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(path, error);
  if (error)
    return fmt::format(
        "{}: cannot be read: {}; restore it from its source or pack the set again", path.string(), error.message());
  if (bytes == entry.bytes) return "";
  return fmt::format(
      "{}: has {} bytes where the manifest says {}: {}; restore it from its source or pack the set again",
      path.string(),
      bytes,
      entry.bytes,
      bytes < entry.bytes ? "it was cut short" : "it was changed");
}

void require_structure(const std::filesystem::path& folder, const FileEntry& entry) {
  if (const std::string problem = size_problem(folder, entry); !problem.empty()) throw DataError(problem);
  const PlainFile file(folder / entry.file);
  const std::string found = hash_structure(file, entry.bytes, entry.payload);
  if (found == entry.structure_sha256) return;
  throw DataError(
      fmt::format("{}: is not as it was written: SHA-256 outside its payload is {} where the manifest says {}; it is "
                  "damaged or from another set: restore it, or write it again with `understudy shard repair`",
                  file.path().string(),
                  found,
                  entry.structure_sha256));
}

}  // namespace understudy
