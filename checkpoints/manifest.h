#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoints/part_file.h"
#include "common/errors.h"

namespace understudy {

/// Version of the layout of a checkpoint. A reader refuses a higher one. Since 2 the optimiser's state may be cut into
/// several parts.
inline constexpr int kCheckpointVersion = 2;
inline constexpr std::string_view kManifestName = "manifest.json";

/// A newer program wrote this checkpoint: it is as good as its writer left it, but cannot be read here.
class NewerVersionError : public CheckpointError {
 public:
  using CheckpointError::CheckpointError;
};

/// List of a checkpoint's parts and what they belong to. A file that it does not name is no part of the checkpoint.
struct Manifest {
  int format_version = kCheckpointVersion;
  std::int64_t iteration = 0;                            ///< number of finished optimiser steps
  std::uint64_t incarnation = 0;                         ///< start of the run that wrote it
  std::string code_version;                              ///< of the program that wrote it
  std::string config;                                    ///< the resolved configuration, TOML
  std::map<std::string, std::string> data_fingerprints;  ///< data set → fingerprint
  std::uint64_t metrics_bytes = 0;                       ///< synced length of metrics.jsonl
  std::uint64_t events_bytes = 0;                        ///< synced length of the TensorBoard file
  std::string metrics_sha256;                            ///< of those bytes of metrics.jsonl; "" where not known
  std::vector<PartInfo> parts;

  const PartInfo* find_part(std::string_view name) const;
};

/// JSON; the same manifest gives the same bytes.
std::string write_manifest(const Manifest& manifest);

/// @param where  name of the file, for messages
/// @throws NewerVersionError  for an intact manifest of a newer version
/// @throws CheckpointError  for a wrong checksum, bad JSON, a missing or mistyped key or an unsafe part name
Manifest parse_manifest(std::string_view json, std::string_view where);

/// Reads `folder`/manifest.json. @throws CheckpointError
Manifest read_manifest(const std::filesystem::path& folder);

/// Of a checkpoint that only a newer program can read, what read_manifest says; nothing of every other, damaged or not.
std::optional<std::string> newer_version_of(const std::filesystem::path& folder);

/// What a verification is for.
enum class Verification {
  kStorage,  ///< whether the storage still has it: past the system's cache, one part after the other
  kLoading   ///< whether it can be loaded, now: all parts at once, into the cache from where they are loaded
};

/// What keeps a part from being what the manifest lists: its size, its SHA-256, that it cannot be read; else nothing.
std::optional<std::string> problem_of_part(const std::filesystem::path& folder, const PartInfo& part, Verification of);

/// Everything that is wrong with a checkpoint's folder: manifest, sizes, SHA-256 of every part. Empty when it is
/// intact.
std::vector<std::string> verify_checkpoint(const std::filesystem::path& folder,
                                           Verification of = Verification::kStorage);

}  // namespace understudy
