#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

/// A range of a file.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  bool operator==(const ByteRange&) const = default;
};

/// A file of a set as the manifest vouches for it. What lies outside the payload is its structure: HDF5's own records
/// and the small tables, which are hashed before HDF5 may interpret them. The payload has a CRC32C for each frame.
struct FileEntry {
  std::string file;  ///< name within the set's folder
  std::uint64_t bytes = 0;
  std::string sha256;              ///< of all bytes, 64 hexadecimal digits
  std::vector<ByteRange> payload;  ///< ascending; empty: the whole file is structure
  std::string structure_sha256;    ///< of all bytes outside the payload, in order; `sha256` when there is none
};

/// Sizes and hashes a file that was just written. @throws FileError
/// @param payload_tables  tables of the HDF5 file whose rows have CRCs of their own
FileEntry measure_file(const std::filesystem::path& path, std::span<const std::string_view> payload_tables = {});

/// "" for a file of the size that the manifest states, otherwise what is wrong and the remedy.
std::string size_problem(const std::filesystem::path& folder, const FileEntry& entry);

/// Requires size and structure that the manifest states; reads only what is not payload. @throws DataError
void require_structure(const std::filesystem::path& folder, const FileEntry& entry);

}  // namespace understudy
