#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data_pipeline/file_entry.h"
#include "data_pipeline/set_format.h"

namespace understudy {

struct ShardEntry {
  std::uint32_t number = 0;  ///< as in its name; numbers rise but may leave some out
  FileEntry file;
  std::uint64_t clips = 0;
  std::uint64_t frames = 0;
};

struct AnnotationEntry {
  AnnotationKind kind = AnnotationKind::kLandmark68;
  std::uint32_t shard = 0;  ///< number of its partner
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
  std::vector<FileEntry> records;            ///< how the set came about: what was left out and why, the packer's plan

  /// Place of a shard in `shards`, or the number of shards when it is not there.
  std::size_t place_of(std::uint32_t number) const;
};

/// @return  the manifest's path. @throws DataError  when there is none, with how to make one
std::filesystem::path find_manifest(const std::filesystem::path& folder_or_manifest);

/// @throws DataError  naming the file, the key and what is wrong with it
SetManifest read_set_manifest(const std::filesystem::path& path);

/// Written whole or not at all; then the temporary files of killed writers are removed. @throws FileError
void write_set_manifest(const std::filesystem::path& path, const SetManifest& manifest);

/// The text with a first line that holds its checksum, without which no manifest is read.
std::string sealed(std::string_view text);

}  // namespace understudy
