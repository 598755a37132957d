#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data_pipeline/landmarks.h"
#include "data_pipeline/mask.h"
#include "data_pipeline/picture.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/set_index.h"

namespace understudy {

struct SetManifest;

/// One frame of a set.
struct FrameRef {
  std::uint32_t clip = 0;   ///< row of the index
  std::uint32_t frame = 0;  ///< number within the clip
  bool operator==(const FrameRef&) const = default;
};

/// Annotations without which a frame is of no use to a run.
struct SetRequirements {
  bool landmarks = false;
  bool masks = false;
};

/// Known parameters of a synthetic frame.
struct FrameTruth {
  std::array<float, 3> pose{};  ///< yaw, pitch, roll, radians
  std::vector<float> expression;
};

/// An opened data set. The structure is read through HDF5 and checked once, at opening; afterwards frames are read with
/// `pread`, each checked against its CRC32C. Everything is const and safe on any number of threads.
class DataSet {
 public:
  /// @param folder_or_manifest  the set's folder or its `set.toml`
  /// @throws DataError  naming file, what is wrong with which values, and the remedy
  static DataSet open(const std::filesystem::path& folder_or_manifest, const SetRequirements& requirements = {});
  /// The same as if the set had no annotations of this kind: they are about to be replaced, and may be damaged.
  static DataSet open_without(const std::filesystem::path& folder_or_manifest, AnnotationKind kind);
  ~DataSet();
  DataSet(DataSet&&) noexcept;

  /// SHA-256 over people, clips, frames and the required annotations; not over how they are cut into shards.
  const std::string& fingerprint() const;
  const SetRequirements& requirements() const;
  const std::filesystem::path& folder() const;
  const std::string& source() const;

  /// Sorted by name; videos and clips of an identity, and clips of a video, are consecutive.
  std::span<const IdentityEntry> identities() const;
  std::span<const VideoEntry> videos() const;
  std::span<const ClipEntry> clips() const;
  std::uint64_t frame_count() const;
  /// Ascending numbers of the frames that may be drawn: not marked unusable, every required annotation valid.
  std::span<const std::uint32_t> usable_frames(std::uint32_t clip) const;
  /// "frames-00000.h5, clip id1#v#0, frame 12", for messages.
  std::string describe(FrameRef ref) const;

  /// The JPEG file of a frame. Bytes that fail their CRC are dropped from the page cache and read once more.
  /// @throws DataError  naming shard, clip and frame
  std::vector<std::byte> read_frame(FrameRef ref) const;
  /// @throws DataError  also when the JPEG cannot be decoded or has another size than the index says
  Picture decode_frame(FrameRef ref) const;
  /// How many reads had to be repeated because of a wrong CRC.
  std::uint64_t repeated_reads() const;

  bool has_landmarks() const;
  /// Whether the shard of this clip has landmarks at all.
  bool has_landmarks_of(std::uint32_t clip) const;
  bool has_masks() const;
  bool has_masks_of(std::uint32_t clip) const;
  bool has_truth() const;
  /// Side of the square picture that landmark values are pixels of. @throws DataError  when the set has no landmarks
  float landmark_reference_size() const;
  /// Stored values; all zero where no face was found. @throws DataError  when the set has none for this clip
  Landmarks68 landmarks(FrameRef ref) const;
  bool has(AnnotationKind kind) const;
  /// The stored row of a kind that `row_columns` describes, its columns one after another; empty where it is not known.
  std::optional<std::vector<std::byte>> annotation_row(AnnotationKind kind, FrameRef ref) const;
  /// Empty where the frame has no mask. @throws DataError  when the set has none for this clip
  std::optional<Mask> mask(FrameRef ref) const;
  /// Empty for a clip without known parameters.
  std::optional<FrameTruth> truth(FrameRef ref) const;
  /// Parameters of the person shown in a synthetic clip; empty for any other clip.
  std::optional<std::vector<float>> identity_truth(std::uint32_t clip) const;

 private:
  struct State;
  explicit DataSet(std::unique_ptr<State> state);
  static DataSet open(const std::filesystem::path& manifest_path,
                      SetManifest manifest,
                      const SetRequirements& requirements);
  std::unique_ptr<State> state_;
};

}  // namespace understudy
