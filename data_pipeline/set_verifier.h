#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data_pipeline/annotation_shard.h"
#include "data_pipeline/set_manifest.h"

namespace understudy {

/// Checks a whole set: manifest, index, records, SHA-256 of every file, structure of every shard, and for each frame
/// its CRC32C, the JPEG header and its size. One damaged thing does not hide the next.
/// @param threads  do not change the result
/// @param decode   also decodes every frame
/// @param journal  where intact shards are noted, so that a check that was broken off goes on where it was; empty: none
/// @return  every problem found, in the order of files and frames; empty for an intact set
std::vector<std::string> verify_set(const std::filesystem::path& folder_or_manifest,
                                    int threads = 1,
                                    bool decode = false,
                                    const std::filesystem::path& journal = {});

/// The same for one shard and its annotations.
std::vector<std::string> verify_shard(const std::filesystem::path& folder,
                                      const ShardEntry& shard,
                                      std::span<const AnnotationEntry> annotations,
                                      int threads,
                                      bool decode);

/// The same for one annotation shard alone; its frame shard is known to be sound.
std::vector<std::string> verify_annotation(const std::filesystem::path& folder,
                                           const AnnotationEntry& annotation,
                                           const AnnotationPartner& partner);

}  // namespace understudy
