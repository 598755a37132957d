#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data_pipeline/set_manifest.h"

namespace understudy {

/// Names that only one of two sets has, sorted, and how many both have.
struct NameDifference {
  std::vector<std::string> only_first;
  std::vector<std::string> only_second;
  std::uint64_t both = 0;

  bool empty() const { return only_first.empty() && only_second.empty(); }
};

/// What the index of a set says of a clip.
struct ClipFacts {
  std::string identity;
  std::string video;
  int width = 0;
  int height = 0;
  std::uint32_t frames = 0;
  std::uint32_t usable = 0;
  std::uint32_t content_crc = 0;
  bool operator==(const ClipFacts&) const = default;
};

/// A clip of both sets with different contents.
struct ClipDifference {
  std::string clip;
  ClipFacts first;
  ClipFacts second;
};

/// An annotation kind that at least one of the sets has.
struct KindDifference {
  AnnotationKind kind = AnnotationKind::kLandmark68;
  bool in_first = false;
  bool in_second = false;
  std::vector<std::string> clips;  ///< of both sets, with as many frames, whose annotations differ

  bool empty() const { return in_first && in_second && clips.empty(); }
};

/// How two sets differ. Shards do not enter: equal sets may be cut differently.
struct SetDifference {
  SetManifest first;
  SetManifest second;
  NameDifference identities;
  NameDifference videos;  ///< as "identity#video"
  NameDifference clips;
  std::vector<ClipDifference> changed;
  std::vector<KindDifference> kinds;
  bool annotations_compared = false;  ///< false: kinds were, by the manifests, but not what they hold

  bool empty() const;
};

/// @param index_only  compares manifests and indexes alone; the shards may be elsewhere
/// @throws DataError  when one of the sets cannot be read
SetDifference compare_sets(const std::filesystem::path& first,
                           const std::filesystem::path& second,
                           bool index_only = false);

}  // namespace understudy
