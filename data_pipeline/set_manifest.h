#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data_pipeline/set_format.h"

namespace understudy {

/// A file of a set as the manifest vouches for it.
struct FileEntry {
  std::string file;  ///< name within the set's folder
  std::uint64_t bytes = 0;
  std::string sha256;  ///< 64 hexadecimal digits
};

/// Sizes and hashes an existing file. @throws FileError
FileEntry measure_file(const std::filesystem::path& path);

struct ShardEntry {
  FileEntry file;
  std::uint64_t clips = 0;
  std::uint64_t frames = 0;
};

struct AnnotationEntry {
  AnnotationKind kind = AnnotationKind::kLandmark68;
  std::uint32_t shard = 0;  ///< place of its partner in `SetManifest::shards`
  FileEntry file;
};

/// `set.toml`: lists the parts of a set; a part it does not name does not exist.
struct SetManifest {
  std::array<std::uint16_t, 2> format_version = kFormatVersion;
  std::string fingerprint;
  std::string source;
  std::string packer;
  std::string packer_config_sha256;
  std::uint64_t identities = 0;
  std::uint64_t videos = 0;
  std::uint64_t clips = 0;
  std::uint64_t frames = 0;
  FileEntry index;
  std::vector<ShardEntry> shards;
  std::vector<AnnotationEntry> annotations;  ///< kinds that this version does not know are left out on reading
};

/// @return  the manifest's path. @throws DataError  when there is none, with how to make one
std::filesystem::path find_manifest(const std::filesystem::path& folder_or_manifest);

/// @throws DataError  naming the file, the key and what is wrong with it
SetManifest read_set_manifest(const std::filesystem::path& path);

/// Written whole or not at all. @throws FileError
void write_set_manifest(const std::filesystem::path& path, const SetManifest& manifest);

/// "" for a file of the size that the manifest states, otherwise what is wrong and the remedy.
std::string size_problem(const std::filesystem::path& folder, const FileEntry& entry);

}  // namespace understudy
