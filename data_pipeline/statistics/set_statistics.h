#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data_pipeline/statistics/tally.h"

namespace understudy {

/// How one quantity is spread over the things that have it.
struct Distribution {
  std::string key;      ///< "frames_per_clip", for files
  std::string title;    ///< "Frames per clip"
  std::string unit;     ///< of a value: "frames"
  std::string counted;  ///< what has one value each: "clips"
  Tally values;
};

/// Frames of a clip that a run may draw, and those of them that also have an annotation.
struct ClipCoverage {
  std::string clip;
  std::uint64_t usable = 0;
  std::uint64_t annotated = 0;
};

/// How far an annotation reaches over the usable frames of a set.
struct Coverage {
  std::uint64_t annotated = 0;
  std::vector<ClipCoverage> worst;  ///< at most ten clips that lack some, fewest annotated (by share) first
};

/// What a set holds, in numbers.
struct SetStatistics {
  std::string source;
  std::string fingerprint;
  std::uint64_t identities = 0;
  std::uint64_t videos = 0;
  std::uint64_t clips = 0;
  std::uint64_t frames = 0;
  std::uint64_t usable = 0;           ///< frames not marked as unusable
  std::optional<Coverage> landmarks;  ///< empty: the set has none
  std::optional<Coverage> masks;
  std::vector<Distribution> distributions;
};

/// Reads tables only, no frame. @throws DataError  when the set cannot be opened
SetStatistics measure_set(const std::filesystem::path& folder_or_manifest);

}  // namespace understudy
