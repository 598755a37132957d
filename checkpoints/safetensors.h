#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoints/file_reader.h"
#include "checkpoints/named_tensors.h"
#include "checkpoints/part_file.h"

namespace understudy {

using Metadata = std::map<std::string, std::string>;

/// Writes safetensors: the same tensors give the same bytes, whatever their order. Tensors go out one at a time, so
/// that at most one is copied (when it is not contiguous or not on the CPU). Published under its name only when whole
/// and synced.
/// @throws CheckpointError  for a name given twice or a type the format does not have
/// @throws FileError        on a failed write
void write_safetensors(const std::filesystem::path& path,
                       const NamedTensors& tensors,
                       const Metadata& metadata = {},
                       const FileSystem& files = system_files());

/// The same into a folder that is being built; synced, not renamed.
PartInfo write_safetensors_part(const std::filesystem::path& folder,
                                std::string name,
                                const NamedTensors& tensors,
                                const Metadata& metadata = {},
                                const FileSystem& files = system_files());

/// Reads a file again that was written from these tensors. @throws StorageError  when it holds anything else
void require_safetensors(const std::filesystem::path& path, const NamedTensors& tensors, const Metadata& metadata = {});

/// SHA-256 of the file that these tensors would give without metadata: of names, types, shapes and numbers.
std::string sha256_of_tensors(const NamedTensors& tensors);

/// Bytes of the file that these tensors would give. Looks at names, types and shapes alone, so tensors without memory
/// (device meta) will do. @throws CheckpointError  as write_safetensors
std::uint64_t safetensors_bytes(const NamedTensors& tensors, const Metadata& metadata = {});

/// Type, shape and place of one tensor in the file.
struct SafetensorsEntry {
  std::string name;
  at::ScalarType type;
  std::vector<std::int64_t> shape;
  std::uint64_t offset;  ///< bytes from the start of the file
  std::uint64_t bytes;
};

/// A safetensors file whose header is valid: names unique, data without hole or overlap, sizes as the shapes say, up to
/// the end.
class SafetensorsFile {
 public:
  /// @throws CheckpointError  naming the file and what is wrong with it; FileError when it cannot be opened
  static SafetensorsFile open(const std::filesystem::path& path);

  /// In the order of the data.
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }
  std::vector<std::string> names() const;
  bool contains(std::string_view name) const;
  /// Reads one tensor into memory of its own. @throws CheckpointError  when there is none of that name
  at::Tensor tensor(std::string_view name) const;
  /// Reads everything, in the order of the data.
  NamedTensors all() const;
  const Metadata& metadata() const { return metadata_; }

 private:
  explicit SafetensorsFile(const std::filesystem::path& path);
  at::Tensor read(const SafetensorsEntry& entry) const;

  std::shared_ptr<const FileReader> file_;
  std::vector<SafetensorsEntry> entries_;
  Metadata metadata_;
};

}  // namespace understudy
